package identity

import (
	"crypto/tls"
	"crypto/x509"
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
	// Generation counts the credentials that this end has had, and is told with
	// everybody who has proven an identity under them.
	Generation uint64
}
