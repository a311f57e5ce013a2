package dtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// Credentials are what this end proves of itself and demands of others: a
// pre-shared key, a certificate, or both.
type Credentials struct {
	// Identity is the name of this end, and Key its pre-shared key.
	Identity string
	Key      []byte
	// KeyOf gives the key of another identity; nil where only the own one is known.
	KeyOf func(identity string) (key []byte, known bool)
	// KeyFor gives the key for a listener that is called and names itself hint, who
	// does not have the own Key. Where it is nil or does not know, the own Key is
	// used: who has that is trusted to be who it says.
	KeyFor func(hint string) (key []byte, known bool)
	// Certificate is this end's chain with its private key, nil for none. Roots are
	// the authorities that peers' certificates must lead to.
	Certificate *tls.Certificate
	Roots       *x509.CertPool
	// Knows reports whether the identity of a certificate is one of the scope. Where
	// it is nil, every certificate of the Roots is accepted from who calls, and who
	// is called must have one of Names: DNS names, IP addresses or URIs; without any,
	// the address that was dialled.
	Knows func(identity string) bool
	Names []string
}

// maxIdentity is the longest identity looked up: that of a URI in a certificate,
// or a name in a table of keys.
const maxIdentity = 255

// check says what is missing.
func (c Credentials) check() error {
	switch {
	case !c.hasKey() && c.Certificate == nil:
		return errors.New("transport: dtls: want a pre-shared key or a certificate, have neither")
	case len(c.Identity) > maxIdentity:
		return errors.New("transport: dtls: identity longer than 255 bytes")
	case c.Certificate != nil && (len(c.Certificate.Certificate) == 0 || c.Certificate.PrivateKey == nil):
		return errors.New("transport: dtls: want a certificate with its private key, one is missing")
	case c.Certificate != nil && c.Roots == nil:
		return errors.New("transport: dtls: want the authorities that peers' certificates must lead to, have none")
	}
	return nil
}

// hasKey reports whether pre-shared keys are in use here.
func (c Credentials) hasKey() bool { return len(c.Key) > 0 || c.KeyOf != nil || c.KeyFor != nil }

// keyOfCaller is the key of who calls and says it is identity.
func (c Credentials) keyOfCaller(identity string) ([]byte, bool) {
	if c.KeyOf == nil {
		return c.Key, len(c.Key) > 0
	}
	if len(identity) > maxIdentity {
		return nil, false
	}
	key, known := c.KeyOf(identity)
	return key, known && len(key) > 0
}

// keyForCalled is the key for who was called and says it is hint.
func (c Credentials) keyForCalled(hint string) ([]byte, bool) {
	if c.KeyFor != nil && len(hint) <= maxIdentity {
		if key, known := c.KeyFor(hint); known && len(key) > 0 {
			return key, true
		}
	}
	return c.Key, len(c.Key) > 0
}
