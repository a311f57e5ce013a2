package tcp

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"rserpool/registrar/transport/identity"
)

// suites are those of TLS 1.2 with forward secrecy and authenticated encryption.
// RFC 5352 section 9.2 wants older ones, which would only serve an attacker. TLS
// 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// Secure returns the transport with TLS over it (RFC 5352 section 9.2). Of the
// credentials it uses the certificate, which a listener needs to be called and a
// caller may have, and what is demanded of others' certificates; crypto/tls has no
// pre-shared keys. Callers need no certificate; one that they have must hold.
// Without Roots callers are not asked for one, and those called must have one of
// an authority that this system knows.
func Secure(c identity.Credentials) Transport { return SecureFrom(identity.NewStore(c)) }

// SecureFrom is Secure for credentials that may be replaced. Each connection takes
// those that are in the store when it begins.
func SecureFrom(store *identity.Store) Transport {
	return Transport{func() *security { return newSecurity(store.Load()) }}
}

// secure gives the security of a connection that begins; nil is plain TCP.
type secure func() *security

func newSecurity(c identity.Credentials) *security {
	s := &security{credentials: c}
	base := &tls.Config{
		MinVersion:             tls.VersionTLS12,
		CipherSuites:           suites,
		SessionTicketsDisabled: true, // each connection proves anew who is there
	}
	if c.Certificate != nil {
		base.Certificates = []tls.Certificate{*c.Certificate}
		s.server = base.Clone()
		if c.Roots != nil {
			s.server.ClientAuth, s.server.ClientCAs = tls.VerifyClientCertIfGiven, c.Roots
			s.server.VerifyConnection = s.checkCaller
		}
	}
	s.client = base
	s.client.ServerName = hostName(c.Names)
	s.client.InsecureSkipVerify = true // checkCalled does it, for all kinds of names
	return s
}

// hostName is the first DNS name of names, for peers with certificates of several.
func hostName(names []string) string {
	for _, n := range names {
		if strings.Contains(n, ":") { // a URI, or an address
			continue
		}
		if _, err := netip.ParseAddr(n); err == nil {
			continue
		}
		if ascii, err := idna.Lookup.ToASCII(n); err == nil {
			return ascii
		}
	}
	return ""
}

// security is how connections are secured. The server's part is nil where there is
// no certificate for it.
type security struct {
	credentials    identity.Credentials
	server, client *tls.Config
}

// accept secures a connection that a caller has opened.
func (s *security) accept(ctx context.Context, conn *net.TCPConn) (channel, error) {
	return s.handshake(ctx, conn, tls.Server(socket{conn}, s.server))
}

// dial secures a connection to the address that was dialled.
func (s *security) dial(ctx context.Context, conn *net.TCPConn, to netip.Addr) (channel, error) {
	c := s.client.Clone()
	c.VerifyConnection = func(state tls.ConnectionState) error { return s.checkCalled(state, to) }
	return s.handshake(ctx, conn, tls.Client(socket{conn}, c))
}

// handshake leaves conn open when it fails for another reason than ctx.
func (s *security) handshake(ctx context.Context, conn *net.TCPConn, t *tls.Conn) (channel, error) {
	if err := t.HandshakeContext(ctx); err != nil {
		return channel{}, err
	}
	c := channel{conn: conn, stream: t, secured: true, generation: s.credentials.Generation}
	if peer := t.ConnectionState().PeerCertificates; len(peer) > 0 {
		c.identity = identity.Name(peer[0])
	}
	return c, nil
}
