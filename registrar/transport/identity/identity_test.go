package identity_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"rserpool/registrar/transport/identity"
)

func uris(t *testing.T, list ...string) []*url.URL {
	t.Helper()
	var out []*url.URL
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}

func TestName(t *testing.T) {
	subject := pkix.Name{CommonName: "Echo 1"}
	for _, c := range []struct {
		name string
		cert x509.Certificate
		want string
	}{
		{"URI first", x509.Certificate{URIs: uris(t, "pe:echo", "pe:other"), DNSNames: []string{"a.example.com"}, Subject: subject}, "pe:echo"},
		{"DNS name next, in lower case", x509.Certificate{DNSNames: []string{"A.example.com", "b.example.com"}, Subject: subject}, "a.example.com"},
		{"common name last", x509.Certificate{IPAddresses: []net.IP{{127, 0, 0, 1}}, Subject: subject}, "Echo 1"},
		{"nothing", x509.Certificate{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := identity.Name(&c.cert); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

// SEC-07
func TestMatches(t *testing.T) {
	dns := func(names ...string) x509.Certificate { return x509.Certificate{DNSNames: names} }
	ip := func(addrs ...net.IP) x509.Certificate { return x509.Certificate{IPAddresses: addrs} }
	v4, v6 := net.IP{192, 0, 2, 1}, net.ParseIP("2001:db8::1")
	for _, c := range []struct {
		name string
		cert x509.Certificate
		ref  string
		ok   bool
	}{
		{"name", dns("a.example.com"), "a.example.com", true},
		{"second name", dns("a.example.com", "b.example.com"), "b.example.com", true},
		{"other name", dns("a.example.com"), "b.example.com", false},
		{"upper case certificate", dns("A.Example.COM"), "a.example.com", true},
		{"upper case reference", dns("a.example.com"), "A.EXAMPLE.com", true},
		{"absolute name", dns("a.example.com"), "a.example.com.", true},
		{"wildcard", dns("*.example.com"), "a.example.com", true},
		{"wildcard in upper case", dns("*.EXAMPLE.com"), "A.example.com", true},
		{"wildcard is not the domain", dns("*.example.com"), "example.com", false},
		{"wildcard is one label", dns("*.example.com"), "a.b.example.com", false},
		{"wildcard is a whole label", dns("a*.example.com"), "ab.example.com", false},
		{"wildcard is the first label", dns("a.*.com"), "a.example.com", false},
		{"lone wildcard", dns("*"), "localhost", false},
		{"wildcard as reference", dns("*.example.com"), "*.example.com", false},
		{"international name", dns("xn--bcher-kva.example"), "bücher.example", true},
		{"international name in upper case", dns("xn--bcher-kva.example"), "BÜCHER.example", true},
		{"international name under a wildcard", dns("*.example"), "bücher.example", true},
		{"other international name", dns("xn--bcher-kva.example"), "bucher.example", false},
		{"IPv4", ip(v4), "192.0.2.1", true},
		{"IPv4 mapped into IPv6", ip(v4), "::ffff:192.0.2.1", true},
		{"wrong IPv4", ip(v4), "192.0.2.2", false},
		{"IPv6", ip(v4, v6), "2001:db8::1", true},
		{"IPv6 in another spelling", ip(v6), "2001:DB8:0:0::0001", true},
		{"IPv6 in brackets", ip(v6), "[2001:db8::1]", true},
		{"IPv6 with a zone", ip(net.ParseIP("fe80::1")), "fe80::1%eth0", true},
		{"wrong IPv6", ip(v6), "2001:db8::2", false},
		{"address in 16 bytes is not the one in 4", ip(v4.To16()), "192.0.2.1", false},
		{"address as DNS name", dns("192.0.2.1"), "192.0.2.1", false},
		{"URI", x509.Certificate{URIs: uris(t, "registrar:0x1234")}, "registrar:0x1234", true},
		{"URI with authority", x509.Certificate{URIs: uris(t, "spiffe://scope/pe/Echo")}, "spiffe://scope/pe/Echo", true},
		{"other case of URI", x509.Certificate{URIs: uris(t, "spiffe://scope/pe/Echo")}, "spiffe://scope/pe/echo", false},
		{"URI as DNS name", dns("registrar:0x1234"), "registrar:0x1234", false},
		{"common name counts for nothing", x509.Certificate{Subject: pkix.Name{CommonName: "a.example.com"}}, "a.example.com", false},
		{"no reference", dns("", "a.example.com"), "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := identity.Matches(&c.cert, c.ref)
			if c.ok && err != nil {
				t.Errorf("want a match, got %v", err)
			}
			if !c.ok && !errors.Is(err, identity.ErrMismatch) {
				t.Errorf("want ErrMismatch, got %v", err)
			}
		})
	}
}

func TestMatchesOneOfMany(t *testing.T) {
	cert := x509.Certificate{DNSNames: []string{"a.example.com"}, IPAddresses: []net.IP{{192, 0, 2, 1}}, URIs: uris(t, "pe:x")}
	if err := identity.Matches(&cert, "b.example.com", "192.0.2.1"); err != nil {
		t.Errorf("the second reference matches: %v", err)
	}
	err := identity.Matches(&cert, "b.example.com", "192.0.2.2")
	if err == nil {
		t.Fatal("no reference matches, and no error")
	}
	for _, part := range []string{"b.example.com", "192.0.2.2", "a.example.com", "192.0.2.1", "pe:x"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
	if err := identity.Matches(&cert); !errors.Is(err, identity.ErrMismatch) {
		t.Errorf("without references: want ErrMismatch, got %v", err)
	}
	many := x509.Certificate{DNSNames: make([]string, 1000)}
	if n := len(identity.Matches(&many, "x").Error()); n > 300 {
		t.Errorf("an error of %d bytes for a certificate of many names", n)
	}
}
