package tcp

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// checkCaller is called for a certificate that leads to Roots, and for none.
func (s *security) checkCaller(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	return s.known(state.PeerCertificates[0])
}

func (s *security) known(leaf *x509.Certificate) error {
	if knows := s.credentials.Knows; knows != nil && !knows(identity.Name(leaf)) {
		return transport.Unproven(fmt.Errorf("certificate of %q, which is no identity of this scope", identity.Name(leaf)))
	}
	return nil
}

// checkCalled is the whole check of who was called (RFC 5352 section 9.2, RFC 6125).
func (s *security) checkCalled(state tls.ConnectionState, to netip.Addr) error {
	leaf := state.PeerCertificates[0] // a server of TLS always has one
	o := x509.VerifyOptions{
		Roots: s.credentials.Roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, c := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(o)
	switch {
	case err != nil:
	case s.credentials.Knows != nil:
		err = s.known(leaf)
	case len(s.credentials.Names) > 0:
		err = identity.Matches(leaf, s.credentials.Names...)
	default:
		err = identity.Matches(leaf, to.String())
	}
	if err != nil {
		return transport.Unproven(fmt.Errorf("the peer has not proven to be who was called: %w", err))
	}
	return nil
}
