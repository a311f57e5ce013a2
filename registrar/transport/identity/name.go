package identity

import (
	"crypto/x509"
	"strings"
)

// Name is the identity a certificate gives its owner: its first URI, else its
// first DNS name in lower case, else the common name of its subject; "" when it
// has none of them. Access tables are about these names.
func Name(cert *x509.Certificate) string {
	switch {
	case len(cert.URIs) > 0:
		return cert.URIs[0].String()
	case len(cert.DNSNames) > 0:
		return strings.ToLower(cert.DNSNames[0])
	}
	return cert.Subject.CommonName
}
