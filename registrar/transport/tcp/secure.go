package tcp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/dtls"
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
func Secure(c dtls.Credentials) Transport {
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
	return Transport{security: s}
}

// hostName is the first DNS name of names, for peers with certificates of several.
func hostName(names []string) string {
	for _, n := range names {
		if _, err := netip.ParseAddr(n); err != nil && !strings.Contains(n, ":") {
			return n
		}
	}
	return ""
}

// security is how connections are secured. The server's part is nil where there is
// no certificate for it.
type security struct {
	credentials    dtls.Credentials
	server, client *tls.Config
}

// accept secures a connection that a caller has opened.
func (s *security) accept(ctx context.Context, conn *net.TCPConn) (channel, error) {
	return handshake(ctx, conn, tls.Server(socket{conn}, s.server))
}

// dial secures a connection to the address that was dialled.
func (s *security) dial(ctx context.Context, conn *net.TCPConn, to netip.Addr) (channel, error) {
	c := s.client.Clone()
	c.VerifyConnection = func(state tls.ConnectionState) error { return s.checkCalled(state, to) }
	return handshake(ctx, conn, tls.Client(socket{conn}, c))
}

// handshake leaves conn open when it fails for another reason than ctx.
func handshake(ctx context.Context, conn *net.TCPConn, t *tls.Conn) (channel, error) {
	if err := t.HandshakeContext(ctx); err != nil {
		return channel{}, err
	}
	c := channel{conn: conn, stream: t, secured: true}
	if peer := t.ConnectionState().PeerCertificates; len(peer) > 0 {
		c.identity = identity.Name(peer[0])
	}
	return c, nil
}

// checkCaller is called for a certificate that leads to Roots, and for none.
func (s *security) checkCaller(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	return s.known(state.PeerCertificates[0])
}

func (s *security) known(leaf *x509.Certificate) error {
	if knows := s.credentials.Knows; knows != nil && !knows(identity.Name(leaf)) {
		return fmt.Errorf("certificate of %q, which is no identity of this scope", identity.Name(leaf))
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
		return fmt.Errorf("the peer has not proven to be who was called: %w", err)
	}
	return nil
}

// notDialled says why a handshake with who was called has failed.
func notDialled(err error) error {
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case noTLS:
		return errors.New("the peer does not speak TLS; want its port for TLS, 3864 as a rule")
	case isAlert(err, "remote error"), errors.Is(err, errCut), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("%w in the TLS handshake: %w", transport.ErrRefused, err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// isAlert reports whether err is one of those with which TLS ends, ours ("local
// error") or the peer's ("remote error").
func isAlert(err error, whose string) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == whose
}

// errCut: a connection has ended, and TLS has not. Whoever is on the way can do
// that; only the peer can end TLS (close_notify, RFC 8446 section 6.1).
var errCut = errors.New("the connection ended without the end of TLS; something may be missing")

// socket is what TLS reads from and writes to.
type socket struct{ *net.TCPConn }

// Read tells the end of the connection from that of TLS: crypto/tls takes one
// between two records for the other.
func (s socket) Read(b []byte) (int, error) {
	n, err := s.TCPConn.Read(b)
	if errors.Is(err, io.EOF) {
		err = errCut
	}
	return n, err
}

// SetWriteDeadline does nothing: crypto/tls would give the last record five
// seconds. The association sets deadlines at the connection itself.
func (socket) SetWriteDeadline(time.Time) error { return nil }
