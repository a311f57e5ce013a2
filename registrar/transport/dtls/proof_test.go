package dtls

import (
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// refusals collects what a listener hears of peers it has turned away.
type refusals chan error

func (r refusals) of(c transport.Config) transport.Config {
	c.Refused = func(from netip.AddrPort, why error) {
		if from.Port() == 0 {
			why = errors.New("no port in Refused")
		}
		r <- why
	}
	return c
}

// one returns the only refusal.
func (r refusals) one(t *testing.T) error {
	t.Helper()
	select {
	case why := <-r:
		if len(r) > 0 {
			t.Errorf("refused more than once: %v, then %v", why, <-r)
		}
		return why
	case <-testContext(t).Done():
		t.Fatal("nobody was refused")
		return nil
	}
}

func all(t *testing.T, what string, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("%s: want %v, got %v", what, w, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: more than one line: %v", what, err)
	}
}

// who names the certificate of a template.
func who(uri string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "registrar", Opaque: uri}} }
}

// refusal is a dial that must fail: how, and what the called end hears of it.
type refusal struct {
	name           string
	caller, called credentials
	dial, refused  []error
}

func mallory(name string) credentials { return credentials{Identity: name, Key: keyOf("mallory")} }

// withoutKey are dials that fail for a key.
func withoutKey(t *testing.T, scope authority) []refusal {
	t.Helper()
	return []refusal{
		{
			"wrong key", mallory("a"), keyed("b"),
			[]error{transport.ErrRefused, ErrWrongKey},
			[]error{ErrWrongKey},
		},
		{
			"unknown identity", mallory("mallory"), keyed("b"),
			[]error{transport.ErrRefused, ErrWrongKey},
			[]error{ErrUnknownIdentity},
		},
		{
			"called has the wrong key", keyed("a"), mallory("b"),
			[]error{transport.ErrRefused, ErrWrongKey},
			[]error{ErrWrongKey},
		},
		{
			"no method in common", keyed("a"), scope.member(t, "registrar:1"),
			[]error{transport.ErrRefused, ErrHandshake},
			[]error{ErrHandshake},
		},
	}
}

// withoutCertificate are dials that fail for a certificate.
func withoutCertificate(t *testing.T, scope authority) []refusal {
	t.Helper()
	foreign := newAuthority(t)
	by := func(c credentials, edit func(*x509.Certificate)) credentials {
		c.Certificate = scope.issue(t, edit)
		return c
	}
	good := scope.member(t, "registrar:1")
	expired := by(good, func(c *x509.Certificate) {
		who("1")(c)
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	})
	fromAbroad := good
	fromAbroad.Certificate = foreign.issue(t, who("1"))
	byName := func(names ...string) credentials {
		c := good
		c.Knows, c.Names = nil, names
		return c
	}
	return []refusal{
		{
			"expired", expired, good,
			[]error{transport.ErrRefused, ErrCertificate},
			[]error{ErrCertificate},
		},
		{
			"foreign", fromAbroad, good,
			[]error{transport.ErrRefused, ErrCertificate},
			[]error{ErrCertificate},
		},
		{
			"not of the scope", by(good, who("3")), good,
			[]error{transport.ErrRefused, ErrCertificate},
			[]error{ErrUnknownIdentity},
		},
		{"called is expired", good, expired, []error{ErrCertificate}, []error{ErrHandshake, ErrCertificate}},
		{"called is foreign", good, fromAbroad, []error{ErrCertificate}, []error{ErrHandshake, ErrCertificate}},
		{"called is not of the scope", good, by(good, who("3")), []error{ErrUnknownIdentity}, []error{ErrHandshake}},
		{
			"called has another name", byName("other.example.com"), by(good, func(c *x509.Certificate) { c.DNSNames = []string{"a.example.com"} }),
			[]error{ErrCertificate, identity.ErrMismatch},
			[]error{ErrHandshake},
		},
		{
			"called has another address", byName(), by(good, func(c *x509.Certificate) { c.IPAddresses = []net.IP{{127, 0, 0, 2}} }),
			[]error{ErrCertificate, identity.ErrMismatch},
			[]error{ErrHandshake},
		},
	}
}

// SEC-04 to SEC-08, SEC-21: who cannot prove to be of the scope gets no
// association, in either role; both ends can tell why.
func TestTurnedAway(t *testing.T) {
	scope := newAuthority(t)
	for _, c := range append(withoutKey(t, scope), withoutCertificate(t, scope)...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard := make(refusals, 10)
			a, b := listen(t, c.caller, quick()), listen(t, c.called, heard.of(quick()))
			_, err := a.Dial(testContext(t), addressOf(b))
			if err == nil {
				t.Fatal("there is an association")
			}
			why := heard.one(t)
			all(t, "Dial", err, c.dial...)
			all(t, "Refused", why, c.refused...)
			for _, key := range []string{string(keyOf("mallory")), string(keyOf("b")), string(keyOf("a"))} {
				if strings.Contains(err.Error()+why.Error(), key) {
					t.Error("a key is in the text of an error")
				}
			}
			if n := kept(b); n != 0 {
				t.Errorf("the listener keeps %d sessions or associations", n)
			}
		})
	}
}

// The reason that crypto/x509 gives stays in the error.
func TestWhyNotValid(t *testing.T) {
	scope := newAuthority(t)
	late := scope.member(t, "registrar:1")
	late.Certificate = scope.issue(t, func(c *x509.Certificate) {
		who("1")(c)
		c.NotAfter = time.Now().Add(-time.Minute)
	})
	_, err := listen(t, scope.member(t, "registrar:2"), quick()).Dial(testContext(t), addressOf(listen(t, late, quick())))
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); !ok || invalid.Reason != x509.Expired {
		t.Errorf("want an expired certificate, got %v", err)
	}
	if !strings.Contains(err.Error(), "registrar:1") {
		t.Errorf("%q does not say whose", err)
	}
}

// Identities: what each end learns of the other.
func TestIdentities(t *testing.T) {
	scope := newAuthority(t)
	r1, r2 := scope.member(t, "registrar:1"), scope.member(t, "registrar:2")
	serverOnly := r1
	serverOnly.Certificate = scope.issue(t, func(c *x509.Certificate) {
		who("1")(c)
		c.ExtKeyUsage = c.ExtKeyUsage[1:]
	})
	both := r1
	both.Identity, both.Key, both.KeyOf = "a", keyOf("a"), keyed("a").KeyOf
	addressed := r2
	addressed.Knows = nil
	addressed.Certificate = scope.issue(t, func(c *x509.Certificate) {
		c.IPAddresses = []net.IP{{127, 0, 0, 1}}
		c.DNSNames = []string{"A.example.com"}
	})
	caller := addressed
	caller.Certificate, caller.Names = r1.Certificate, nil
	named := caller
	named.Names = []string{"x.example.com", "a.EXAMPLE.com"}
	element := credentials{Identity: "pe:1", Key: keyOf("pe:1")}
	for _, c := range []struct {
		name           string
		caller, called credentials
		seen, sees     string // of the caller, by the caller
	}{
		{"keys", keyed("a"), keyed("b"), "a", "b"},
		{"element calls a registrar", element, keyed("a"), "pe:1", "a"},
		{"registrar calls an element", keyed("a"), element, "a", "pe:1"},
		{"nameless listener", keyed("a"), credentials{Key: keyOf("a")}, "a", ""},
		{"certificates", r1, r2, "registrar:1", "registrar:2"},
		{"certificate for servers calls", serverOnly, r2, "registrar:1", "registrar:2"},
		{"certificate of the address", caller, addressed, "registrar:1", "a.example.com"},
		{"certificate of one of the names", named, addressed, "registrar:1", "a.example.com"},
		{"both, called by certificate", r2, both, "registrar:2", "registrar:1"},
		{"both, called by key", keyed("b"), both, "b", "a"},
		{"both, calls by certificate", both, r2, "registrar:1", "registrar:2"},
		{"both, calls by key", both, keyed("b"), "a", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := listen(t, c.caller, quick()), listen(t, c.called, quick())
			dialled, accepted := connect(t, a, b)
			if p := dialled.Peer(); p.Identity != c.sees || !p.Secured {
				t.Errorf("dialled: want %q, secured, got %+v", c.sees, p)
			}
			if p := accepted.Peer(); p.Identity != c.seen || !p.Secured {
				t.Errorf("accepted: want %q, secured, got %+v", c.seen, p)
			}
		})
	}
}

// foreignClient shakes hands with m as another implementation would, and returns
// what comes of it.
func foreignClient(t *testing.T, m *mux, opts ...dtls.ClientOption) error {
	t.Helper()
	conn, err := dtls.ClientWithOptions(freePort(t), net.UDPAddrFromAddrPort(m.sockets[0].Bound()), opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.HandshakeContext(testContext(t))
}

// SEC-06, SEC-22: a client without certificate, without extended master secret, or
// with suites that have no forward secrecy is refused, and the operator hears of it.
func TestTooWeak(t *testing.T) {
	scope := newAuthority(t)
	psk := []dtls.ClientOption{
		dtls.WithPSK(func([]byte) ([]byte, error) { return keyOf("a"), nil }), dtls.WithPSKIdentityHint([]byte("a")),
	}
	for _, c := range []struct {
		name string
		m    credentials
		opts []dtls.ClientOption
		want error
	}{
		{
			"no certificate", scope.member(t, "registrar:1"),
			[]dtls.ClientOption{dtls.WithRootCAs(scope.roots()), dtls.WithInsecureSkipVerify(true)},
			ErrCertificate,
		},
		{
			"no extended master secret", keyed("b"),
			append(psk, dtls.WithCipherSuites(keySuites...), dtls.WithExtendedMasterSecret(dtls.DisableExtendedMasterSecret)), ErrHandshake,
		},
		{
			"no forward secrecy", keyed("b"),
			append(psk, dtls.WithCipherSuites(dtls.TLS_PSK_WITH_AES_128_GCM_SHA256)), ErrHandshake,
		},
		{
			"no authenticated encryption", keyed("b"),
			append(psk, dtls.WithCipherSuites(dtls.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256)), ErrHandshake,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			heard := make(refusals, 10)
			m := listen(t, c.m, heard.of(quick()))
			if err := foreignClient(t, m, c.opts...); err == nil {
				t.Error("the handshake succeeded")
			}
			all(t, "Refused", heard.one(t), c.want)
		})
	}
	t.Run("the same with all of it", func(t *testing.T) { // so that the rows above fail for their reason
		if err := foreignClient(t, listen(t, keyed("b"), quick()), append(psk, dtls.WithCipherSuites(keySuites...))...); err != nil {
			t.Error(err)
		}
	})
}

// A client that returns the cookie and then says nothing more is given up in time,
// and reported.
func TestUnfinishedHandshake(t *testing.T) {
	heard := make(refusals, 10)
	c := heard.of(quick())
	c.HandshakeTimeout = 500 * time.Millisecond
	b := listen(t, keyed("b"), c)
	r := newRelay(t, b.Addrs()[0])
	r.setFate(func(d []byte, toServer bool) [][]byte {
		if first, _ := nextRecord(d); toServer && first != nil && !first.isHandshake(handshakeClientHello) {
			return nil
		}
		return [][]byte{d}
	})
	long := quick()
	long.HandshakeTimeout = time.Second
	_, err := listen(t, keyed("a"), long).Dial(testContext(t), r.address(b))
	all(t, "Dial", err, transport.ErrLost)
	all(t, "Refused", heard.one(t), ErrHandshake)
}

// Credentials that cannot work are refused at once.
func TestCredentialsCheck(t *testing.T) {
	scope := newAuthority(t)
	noRoots := scope.member(t, "registrar:1")
	noRoots.Roots = nil
	for _, c := range []struct {
		name string
		c    credentials
		want string
	}{
		{"nothing", credentials{Identity: "a"}, "have neither"},
		{"empty key", credentials{Identity: "a", Key: []byte{}}, "have neither"},
		{"no roots", noRoots, "authorities"},
		{"long identity", credentials{Identity: strings.Repeat("a", 256), Key: keyOf("a")}, "longer than 255"},
	} {
		if l, err := New(identity.Credentials(c.c)).Listen(quick()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v, %v", c.name, c.want, l, err)
		}
	}
}
