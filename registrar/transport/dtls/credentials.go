package dtls

import (
	"errors"

	"rserpool/registrar/transport/identity"
)

// credentials are what this end proves of itself and demands of others.
type credentials identity.Credentials

// maxIdentity is the longest identity looked up: that of a URI in a certificate,
// or a name in a table of keys.
const maxIdentity = 255

// check says what is missing.
func (c credentials) check() error {
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
func (c credentials) hasKey() bool { return len(c.Key) > 0 || c.KeyOf != nil || c.KeyFor != nil }

// keyOfCaller is the key of who calls and says it is name.
func (c credentials) keyOfCaller(name string) ([]byte, bool) {
	if c.KeyOf == nil {
		return c.Key, len(c.Key) > 0
	}
	if len(name) > maxIdentity {
		return nil, false
	}
	key, known := c.KeyOf(name)
	return key, known && len(key) > 0
}

// keyForCalled is the key for who was called and says it is hint.
func (c credentials) keyForCalled(hint string) ([]byte, bool) {
	if c.KeyFor != nil && len(hint) <= maxIdentity {
		if key, known := c.KeyFor(hint); known && len(key) > 0 {
			return key, true
		}
	}
	return c.Key, len(c.Key) > 0
}
