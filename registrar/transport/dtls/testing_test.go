package dtls

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// patience is how long anything may take; only a failure does.
const patience = 60 * time.Second

var loopback = netip.MustParseAddr("127.0.0.1")

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// keyOf is the key of a name in the scope of the tests.
func keyOf(name string) []byte {
	k := sha256.Sum256([]byte("key of " + name))
	return k[:]
}

// keyed are the credentials of a registrar of a scope of a, b, c and pe:1, which
// calls the others with its own key, and pool elements with theirs.
func keyed(name string) credentials {
	return credentials{
		Identity: name,
		Key:      keyOf(name),
		KeyOf: func(who string) ([]byte, bool) {
			switch who {
			case "a", "b", "c", "pe:1":
				return keyOf(who), true
			}
			return nil, false
		},
		KeyFor: func(hint string) ([]byte, bool) {
			return keyOf(hint), hint == "pe:1"
		},
	}
}

// authority is a certificate authority.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issue returns a certificate of the template as edited: one for both roles, valid
// now.
func (a authority) issue(t testing.TB, edit func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	edit(template)
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// member are the credentials of an end of the scope of registrar:1 and
// registrar:2.
func (a authority) member(t testing.TB, uri string) credentials {
	t.Helper()
	return credentials{
		Certificate: a.issue(t, func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: uri[:9], Opaque: uri[10:]}} }),
		Roots:       a.roots(),
		Knows:       func(name string) bool { return name == "registrar:1" || name == "registrar:2" },
	}
}

// quick finds a silent peer within a second.
func quick() transport.Config {
	return transport.Config{
		Local:            transport.Address{Addrs: []netip.Addr{loopback}},
		Heartbeat:        200 * time.Millisecond,
		MaxMissed:        4,
		HandshakeTimeout: 10 * time.Second,
	}
}

func listen(t testing.TB, c credentials, config transport.Config) *mux {
	t.Helper()
	l, err := New(identity.Credentials(c)).Listen(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*mux)
}

func addressOf(m *mux) transport.Address {
	return transport.Address{Addrs: []netip.Addr{m.Addrs()[0].Addr()}, Port: m.port}
}

// connect dials from a to b, through an address if one is given, and returns both
// ends.
func connect(t testing.TB, a, b *mux, through ...transport.Address) (dialled, accepted transport.Association) {
	t.Helper()
	to := addressOf(b)
	if len(through) > 0 {
		to = through[0]
	}
	ctx := testContext(t)
	dialled, err := a.Dial(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err = b.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return dialled, accepted
}

func send(t testing.TB, s transport.Association, text string) {
	t.Helper()
	if err := s.Send(testContext(t), transport.Message{PPID: transport.PPIDASAP, Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

func recv(t testing.TB, s transport.Association) string {
	t.Helper()
	m, err := s.Recv(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Data)
}

func waitDone(t testing.TB, s transport.Association) {
	t.Helper()
	select {
	case <-s.Done():
	case <-testContext(t).Done():
		t.Fatal("association has not ended")
	}
}

// eventually waits until an observable condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx := testContext(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		}
	}
}

// freePort is a socket nobody else has, for what is no peer.
func freePort(t testing.TB) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// kept is how many sessions and associations m has, of any kind.
func kept(m *mux) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.places) + len(m.doubtful) + len(m.backlog) + m.serving + m.attempting + m.established + len(m.tokens) + len(m.dials)
}
