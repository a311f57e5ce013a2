package tcp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
)

// refusals collects what a listener tells of callers that it has turned away.
type refusals chan error

func newRefusals() refusals { return make(refusals, 16) }

func (r refusals) config(c transport.Config) transport.Config {
	c.Refused = func(_ netip.AddrPort, why error) { r <- why }
	return c
}

// next waits for a refusal that says want.
func (r refusals) next(t *testing.T, want string) {
	t.Helper()
	select {
	case err := <-r:
		if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "TLS handshake: ") {
			t.Errorf("turned away: %v, want %q", err, want)
		}
	case <-bounded(t).Done():
		t.Errorf("nobody was turned away, want %q", want)
	}
}

// noneAccepted checks that no association came of it.
func noneAccepted(t *testing.T, l *listener) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.associations); n != 0 || len(l.backlog) != 0 {
		t.Errorf("%d associations came of it", n)
	}
}

func at(l *listener) transport.Address {
	return transport.Address{Addrs: []netip.Addr{l.Addrs()[0].Addr()}, Port: l.port}
}

// exchange sends a message each way.
func exchange(t *testing.T, a, b transport.Association) {
	t.Helper()
	for _, way := range [][2]transport.Association{{a, b}, {b, a}} {
		if err := way[0].Send(bounded(t), transport.Message{PPID: transport.PPIDASAP, Data: []byte(echo)}); err != nil {
			t.Fatal(err)
		}
		if m, err := way[1].Recv(bounded(t)); err != nil || string(m.Data) != echo {
			t.Fatalf("got %q, %v", m.Data, err)
		}
	}
}

// SEC-01 SEC-30: a user needs no certificate, and each side knows what the other
// has proven.
func TestWhoIsProven(t *testing.T) {
	ca := newAuthority(t)
	server := identity.Credentials{Certificate: ca.issue(t, leaf{uris: []string{"registrar:0x0000000a"}, ips: []string{"127.0.0.1"}}), Roots: ca.roots}
	scoped := server
	scoped.Knows = func(name string) bool { return name == "pu:1" }
	user := ca.issue(t, leaf{uris: []string{"pu:1"}, dns: []string{"user.example.com"}})
	for _, tc := range []struct {
		name           string
		server, client identity.Credentials
		want           string // who the caller is
	}{
		{"user without a certificate", server, identity.Credentials{Roots: ca.roots}, ""},
		{"user with one", server, identity.Credentials{Roots: ca.roots, Certificate: user}, "pu:1"},
		{"user without a certificate in a scope", scoped, identity.Credentials{Roots: ca.roots}, ""},
		{"user of the scope", scoped, identity.Credentials{Roots: ca.roots, Certificate: user}, "pu:1"},
		{"user with one where none counts", identity.Credentials{Certificate: server.Certificate}, identity.Credentials{Roots: ca.roots, Certificate: user}, ""},
		{"called by one that knows", identity.Credentials{Certificate: ca.issue(t, leaf{uris: []string{"registrar:0x0000000a"}})}, identity.Credentials{Roots: ca.roots, Knows: func(name string) bool { return name == "registrar:0x0000000a" }}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := openWith(t, Secure(tc.server), transport.Config{})
			a, err := openWith(t, Secure(tc.client), transport.Config{}).Dial(bounded(t), at(l))
			if err != nil {
				t.Fatal(err)
			}
			b, err := l.Accept(bounded(t))
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, a, b)
			if p := a.Peer(); !p.Secured || p.Identity != "registrar:0x0000000a" {
				t.Errorf("the registrar is %+v", p)
			}
			if p := b.Peer(); !p.Secured || p.Identity != tc.want {
				t.Errorf("the user is %+v, want identity %q", p, tc.want)
			}
		})
	}
	if plain, tls := New().Name(), Secure(server).Name(); plain != "tcp" || tls != "tls" {
		t.Errorf("called %q and %q", plain, tls)
	}
}

// SEC-06 SEC-07 SEC-08 SEC-21: who is called must be who was meant, by a name of
// the right kind in a certificate that leads to the roots. The dial fails and says
// whom it has met, and the other end hears of it.
func TestWhoWasCalled(t *testing.T) {
	ca, rogue := newAuthority(t), newAuthority(t)
	for _, tc := range []struct {
		name  string
		by    *authority
		says  leaf
		names []string
		knows string // if not "", the only identity of the scope
		is    error  // nil: it is who was meant
		want  string // in the error
	}{
		{"the address that was dialled", ca, leaf{ips: []string{"127.0.0.1"}}, nil, "", nil, ""},
		{"another address", ca, leaf{ips: []string{"127.0.0.2"}}, nil, "", identity.ErrMismatch, `called "127.0.0.1", it is of "127.0.0.2"`},
		{"the address as a DNS name", ca, leaf{dns: []string{"127.0.0.1"}}, nil, "", identity.ErrMismatch, "127.0.0.1"},
		{"a name", ca, leaf{dns: []string{"a.example.com"}}, []string{"A.example.com"}, "", nil, ""},
		{"one of several names", ca, leaf{dns: []string{"a.example.com"}}, []string{"192.0.2.1", "a.example.com"}, "", nil, ""},
		{"another name", ca, leaf{dns: []string{"b.example.com"}, ips: []string{"127.0.0.1"}}, []string{"a.example.com"}, "", identity.ErrMismatch, `"b.example.com"`},
		{"wildcard", ca, leaf{dns: []string{"*.example.com"}}, []string{"a.example.com"}, "", nil, ""},
		{"wildcard for two labels", ca, leaf{dns: []string{"*.example.com"}}, []string{"a.b.example.com"}, "", identity.ErrMismatch, `"*.example.com"`},
		{"URI", ca, leaf{uris: []string{"registrar:0x0000000a"}}, []string{"registrar:0x0000000a"}, "", nil, ""},
		{"another URI", ca, leaf{uris: []string{"pe:1"}}, []string{"registrar:0x0000000a"}, "", identity.ErrMismatch, `"pe:1"`},
		{"another authority", rogue, leaf{ips: []string{"127.0.0.1"}}, nil, "", errAny, "unknown authority"},
		{"expired", ca, leaf{ips: []string{"127.0.0.1"}, life: -time.Hour}, nil, "", errAny, "expired"},
		{"certificate for callers only", ca, leaf{ips: []string{"127.0.0.1"}, usage: x509.ExtKeyUsageClientAuth}, nil, "", errAny, "incompatible key usage"},
		{"an identity of the scope", ca, leaf{uris: []string{"registrar:0x0000000a"}}, nil, "registrar:0x0000000a", nil, ""},
		{"another one", ca, leaf{uris: []string{"pe:1"}, ips: []string{"127.0.0.1"}}, nil, "registrar:0x0000000a", errAny, `certificate of "pe:1"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			heard := newRefusals()
			l := openWith(t, Secure(identity.Credentials{Certificate: tc.by.issue(t, tc.says)}), heard.config(transport.Config{}))
			c := identity.Credentials{Roots: ca.roots, Names: tc.names}
			if tc.knows != "" {
				c.Knows = func(name string) bool { return name == tc.knows }
			}
			a, err := openWith(t, Secure(c), transport.Config{}).Dial(bounded(t), at(l))
			if tc.is == nil {
				if err != nil {
					t.Fatal(err)
				}
				a.Abort("")
				return
			}
			if err == nil || !errors.Is(tc.is, errAny) && !errors.Is(err, tc.is) {
				t.Fatalf("%v, want %v", err, tc.is)
			}
			if !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), at(l).String()) || errors.Is(err, transport.ErrRefused) {
				t.Errorf("%q, want %q and the address in it, and no ErrRefused", err, tc.want)
			}
			heard.next(t, "bad certificate")
			noneAccepted(t, l)
		})
	}
}

var errAny = errors.New("any error")

// SEC-08: a certificate that a user has must hold, and be of the scope.
func TestWhoCalls(t *testing.T) {
	ca, rogue := newAuthority(t), newAuthority(t)
	heard := newRefusals()
	l := openWith(t, Secure(identity.Credentials{
		Certificate: ca.issue(t, leaf{ips: []string{"127.0.0.1"}}), Roots: ca.roots,
		Knows: func(name string) bool { return name == "pu:1" },
	}), heard.config(transport.Config{}))
	for _, tc := range []struct {
		name        string
		certificate *tls.Certificate
		want        string
	}{
		{"not of the scope", ca.issue(t, leaf{uris: []string{"pu:2"}}), `certificate of "pu:2", which is no identity of this scope`},
		{"without a name", ca.issue(t, leaf{}), `certificate of "", which is no identity of this scope`},
		{"expired", ca.issue(t, leaf{uris: []string{"pu:1"}, life: -time.Hour}), "expired"},
		{"for servers only", ca.issue(t, leaf{uris: []string{"pu:1"}, usage: x509.ExtKeyUsageServerAuth}), "incompatible key usage"},
		{"of another authority", rogue.issue(t, leaf{uris: []string{"pu:1"}}), "unknown authority"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// crypto/tls keeps to itself a certificate that the server would not like.
			c := &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return tc.certificate, nil
			}}
			conn, err := tls.Dial("tcp", l.Addrs()[0].String(), c)
			if err == nil { // with TLS 1.3 the caller is ready before it was looked at
				_, err = conn.Read(make([]byte, 1))
				conn.Close()
			}
			if !isAlert(err, "remote error") {
				t.Errorf("the caller gets %v, want an alert", err)
			}
			heard.next(t, tc.want)
			noneAccepted(t, l)
		})
	}
}

// A caller whose certificate is refused after its end of the handshake was done is
// told so by the association.
func TestRefusedAfterDial(t *testing.T) {
	ca := newAuthority(t)
	l := openWith(t, Secure(identity.Credentials{
		Certificate: ca.issue(t, leaf{ips: []string{"127.0.0.1"}}), Roots: ca.roots, Knows: func(string) bool { return false },
	}), transport.Config{})
	from := openWith(t, Secure(identity.Credentials{Certificate: ca.issue(t, leaf{uris: []string{"pu:1"}}), Roots: ca.roots}), transport.Config{})
	a, err := from.Dial(bounded(t), at(l))
	if err != nil {
		t.Fatal(err)
	}
	if err := ended(t, a); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), "bad certificate") {
		t.Errorf("ended with %v, want ErrAborted and what was bad", err)
	}
}

// SEC-03 SEC-16 SEC-22, D-13: what is too weak is given up in the handshake, and a
// session is never taken up again.
func TestLevel(t *testing.T) {
	ca := newAuthority(t)
	heard := newRefusals()
	l := openWith(t, Secure(identity.Credentials{Certificate: ca.issue(t, leaf{ips: []string{"127.0.0.1"}})}), heard.config(transport.Config{}))
	for _, tc := range []struct {
		name  string
		offer *tls.Config
		want  string // "" where it is good enough
	}{
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, ""},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, ""},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "unsupported versions"},
		{"RSA without forward secrecy", &tls.Config{
			MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA},
		}, "no cipher suite"},
		{"CBC", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, "no cipher suite"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.offer.RootCAs, tc.offer.ServerName = ca.roots, "127.0.0.1"
			tc.offer.ClientSessionCache = tls.NewLRUClientSessionCache(1)
			for range 2 {
				conn, err := tls.Dial("tcp", l.Addrs()[0].String(), tc.offer)
				if tc.want != "" {
					if err == nil {
						t.Fatal("it is taken")
					}
					heard.next(t, tc.want)
					noneAccepted(t, l)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				a, err := l.Accept(bounded(t))
				if err != nil {
					t.Fatal(err)
				}
				write(t, conn, echo)
				if _, err := a.Recv(bounded(t)); err != nil {
					t.Fatal(err)
				}
				a.Abort("")
				_, _ = conn.Read(make([]byte, 1)) // a ticket would come here
				if conn.ConnectionState().DidResume {
					t.Error("the session of another connection was taken up again")
				}
				conn.Close()
				<-a.Done()
			}
		})
	}
}

// SEC-22: and so does a caller.
func TestLevelOfCalled(t *testing.T) {
	ca := newAuthority(t)
	weak := &tls.Config{Certificates: []tls.Certificate{*ca.issue(t, leaf{ips: []string{"127.0.0.1"}})}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s, err := tls.Listen("tcp", "127.0.0.1:0", weak)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	go func() {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		_ = conn.(*tls.Conn).HandshakeContext(context.Background())
		conn.Close()
	}()
	from := openWith(t, Secure(identity.Credentials{Roots: ca.roots}), transport.Config{})
	_, err = from.Dial(bounded(t), transport.Address{Addrs: []netip.Addr{loopback}, Port: netip.MustParseAddrPort(s.Addr().String()).Port()})
	if !errors.Is(err, transport.ErrRefused) || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("%v, want ErrRefused for the version", err)
	}
}

func TestHostName(t *testing.T) {
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"192.0.2.1", "2001:db8::1", "registrar:0x0000000a"}, ""},
		{[]string{"registrar:0x0000000a", "A.example.com", "b.example.com"}, "a.example.com"},
		{[]string{"bücher.example"}, "xn--bcher-kva.example"},
	} {
		if got := hostName(tc.names); got != tc.want {
			t.Errorf("%q: called %q, want %q", tc.names, got, tc.want)
		}
	}
}
