package dtls

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"

	"rserpool/registrar/transport/identity"
)

// method is how two ends prove who they are.
type method int

const (
	byCertificate method = iota
	byKey
)

// Suites have ephemeral keys only, so that what was recorded stays secret when a
// key is stolen later, and authenticated encryption only. Of the suites with
// pre-shared keys the engine has, this is the only one with both.
var (
	keySuites         = []dtls.CipherSuiteID{dtls.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256}
	certificateSuites = []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, dtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
)

// methods are those this end can dial by, better first.
func (c credentials) methods() []method {
	var out []method
	if c.Certificate != nil {
		out = append(out, byCertificate)
	}
	if c.hasKey() {
		out = append(out, byKey)
	}
	return out
}

// common are the options of both roles. There is no session store, so nothing is
// ever resumed, and no 0-RTT data in DTLS 1.2.
func common() []dtls.Option {
	return []dtls.Option{
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithMTU(handshakeMTU),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard}),
	}
}

// accept returns the engine of a session a peer has begun.
func (s *session) accept() (*dtls.Conn, error) {
	c := s.credentials
	var opts []dtls.ServerOption
	for _, o := range common() {
		opts = append(opts, o)
	}
	var suites []dtls.CipherSuiteID
	if c.Certificate != nil {
		suites = append(suites, certificateSuites...)
		opts = append(opts,
			dtls.WithCertificates(*c.Certificate),
			dtls.WithClientCAs(c.Roots),
			// The certificate is verified by checkCaller, which tells why not.
			dtls.WithClientAuth(dtls.RequireAnyClientCert),
			dtls.WithVerifyPeerCertificate(s.checkCaller))
	}
	if c.hasKey() {
		suites = append(suites, keySuites...)
		opts = append(opts, dtls.WithPSK(s.keyOfCaller), dtls.WithPSKIdentityHint([]byte(c.Identity)))
	}
	opts = append(opts, dtls.WithCipherSuites(suites...))
	return dtls.ServerWithOptions(s, s.RemoteAddr(), opts...)
}

// call returns the engine of a session begun here.
func (s *session) call(t token) (*dtls.Conn, error) {
	c := s.credentials
	var opts []dtls.ClientOption
	for _, o := range common() {
		opts = append(opts, o)
	}
	opts = append(opts, dtls.WithHelloRandomBytesGenerator(func() (b [randomSize - tokenOffset]byte) {
		rand.Read(b[:])
		copy(b[:], t[:])
		return b
	}))
	if s.method == byKey {
		opts = append(opts, dtls.WithCipherSuites(keySuites...),
			dtls.WithPSK(s.keyForCalled), dtls.WithPSKIdentityHint([]byte(c.Identity)))
	} else {
		opts = append(opts, dtls.WithCipherSuites(certificateSuites...),
			dtls.WithCertificates(*c.Certificate),
			// The certificate is verified by checkCalled, which tells why not.
			dtls.WithInsecureSkipVerify(true),
			dtls.WithVerifyPeerCertificate(s.checkCalled))
	}
	return dtls.ClientWithOptions(s, s.RemoteAddr(), opts...)
}

// keyOfCaller gives the key of who calls. An unknown one gets a key nobody has,
// so that it cannot tell names that exist from those that do not.
func (s *session) keyOfCaller(hint []byte) ([]byte, error) {
	name := string(hint)
	s.keyed.Store(true)
	s.identity.Store(&name)
	if key, known := s.credentials.keyOfCaller(name); known {
		return key, nil
	}
	why := fmt.Errorf("%w %.*q", ErrUnknownIdentity, maxIdentity, name)
	s.refusal.Store(&why)
	key := make([]byte, 32)
	rand.Read(key)
	return key, nil
}

// keyForCalled gives the key for who was called.
func (s *session) keyForCalled(hint []byte) ([]byte, error) {
	name := string(hint)
	key, known := s.credentials.keyForCalled(name)
	if !known {
		return nil, s.refuse(fmt.Errorf("%w %.*q: there is no key for it", ErrUnknownIdentity, maxIdentity, name))
	}
	s.identity.Store(&name)
	return key, nil
}

// wrongKey says whose key is wrong.
func (s *session) wrongKey() error {
	name := ""
	if n := s.identity.Load(); n != nil {
		name = *n
	}
	return fmt.Errorf("%w of %.*q", ErrWrongKey, maxIdentity, name)
}

// checkCaller verifies the certificate of who calls.
func (s *session) checkCaller(chain [][]byte, _ [][]*x509.Certificate) error {
	leaf, err := s.verify(chain)
	if err != nil {
		return err
	}
	name := identity.Name(leaf)
	if knows := s.credentials.Knows; knows != nil && !knows(name) {
		return s.refuse(fmt.Errorf("%w %.*q", ErrUnknownIdentity, maxIdentity, name))
	}
	s.identity.Store(&name)
	return nil
}

// checkCalled verifies the certificate of who was called: it must be of the
// scope, or where that is not known, of who was meant.
func (s *session) checkCalled(chain [][]byte, _ [][]*x509.Certificate) error {
	leaf, err := s.verify(chain)
	if err != nil {
		return err
	}
	c, name := s.credentials, identity.Name(leaf)
	if c.Knows != nil {
		if !c.Knows(name) {
			return s.refuse(fmt.Errorf("%w %.*q", ErrUnknownIdentity, maxIdentity, name))
		}
	} else {
		names := c.Names
		if len(names) == 0 {
			names = []string{s.path.Remote.Addr().String()}
		}
		if err := identity.Matches(leaf, names...); err != nil {
			return s.refuse(fmt.Errorf("%w: %w", ErrCertificate, err))
		}
	}
	s.identity.Store(&name)
	return nil
}

// verify returns the first certificate of a chain that leads to one of the roots.
// A registrar calls and is called with the same certificate, so either extended
// key usage will do.
func (s *session) verify(chain [][]byte) (*x509.Certificate, error) {
	if len(chain) == 0 {
		return nil, s.refuse(fmt.Errorf("%w: there is none", ErrCertificate))
	}
	var leaf *x509.Certificate
	between := x509.NewCertPool()
	for i, der := range chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, s.refuse(fmt.Errorf("%w: %w", ErrCertificate, err))
		}
		if i == 0 {
			leaf = cert
		} else {
			between.AddCert(cert)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         s.credentials.Roots,
		Intermediates: between,
		CurrentTime:   time.Now(),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return nil, s.refuse(fmt.Errorf("%w: of %.*q: %w", ErrCertificate, maxIdentity, identity.Name(leaf), err))
	}
	return leaf, nil
}

// refuse notes why the peer is turned away, and returns it.
func (s *session) refuse(why error) error {
	s.refusal.Store(&why)
	return why
}
