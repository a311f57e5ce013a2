package auth

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/transport/identity"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// issue makes a certificate by the authority at path, and loads it again.
func issue(t *testing.T, path string, l Leaf) (*Authority, *tls.Certificate, string) {
	t.Helper()
	a, err := OpenAuthority(path, now)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := a.Issue(l, now)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "own.pem")
	if err := CreateSecret(name, secret); err != nil {
		t.Fatal(err)
	}
	c, err := LoadCertificate(name, "")
	if err != nil {
		t.Fatal(err)
	}
	return a, c, name
}

// SEC-08: a registrar gets a certificate that names its canonical host, from an
// authority that others can check it against, for both ends of a connection.
func TestIssue(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	a, c, _ := issue(t, dir, Leaf{
		Name: "registrar:0x0000000a", DNS: []string{"Registrar.example.com", "*.example.com"},
		IPs: []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, Life: 24 * time.Hour,
	})
	if !a.Made || a.File != filepath.Join(dir, "ca.pem") {
		t.Errorf("made %t, in %s", a.Made, a.File)
	}
	if got := identity.Name(c.Leaf); got != "registrar:0x0000000a" {
		t.Errorf("the identity is %q", got)
	}
	roots, err := LoadRoots(a.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		for _, host := range []string{"registrar.example.com", "b.example.com", "192.0.2.1", "2001:db8::1"} {
			_, err := c.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}})
			if err != nil {
				t.Errorf("usage %d, %s: %v", usage, host, err)
			}
		}
	}
	if got := c.Leaf.NotAfter; !got.Equal(now.Add(24 * time.Hour)) {
		t.Errorf("it lasts until %v", got)
	}
	again, other, _ := issue(t, a.File, Leaf{Name: "registrar-b.example.com", Life: 100 * 365 * 24 * time.Hour})
	if again.Made || !again.certificate.Equal(a.certificate) {
		t.Error("the authority was made anew")
	}
	if identity.Name(other.Leaf) != "registrar-b.example.com" || !other.Leaf.NotAfter.Equal(a.certificate.NotAfter) {
		t.Errorf("identity %q until %v, want it no longer than the authority, %v", identity.Name(other.Leaf), other.Leaf.NotAfter, a.certificate.NotAfter)
	}
	if other.Leaf.SerialNumber.Cmp(c.Leaf.SerialNumber) == 0 {
		t.Error("two certificates with one number")
	}
	for file, want := range map[string]os.FileMode{dir: 0o700, a.File: 0o644, filepath.Join(dir, "ca.key"): 0o600} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %v", file, info.Mode(), err, want)
		}
	}
}

func TestLeafNames(t *testing.T) {
	for _, tc := range []struct {
		name, identity string
		dns            []string
		err            string
	}{
		{"URI", "pe:echo1", nil, ""},
		{"URI with a path", "rserpool://scope/pe/1", nil, ""},
		{"DNS name", "pu-1", nil, ""},
		{"DNS name in capitals", "PU", nil, "want a URI such as pe:echo1, or a DNS name in lower case"},
		{"neither", "a/b", nil, "want a URI such as pe:echo1"},
		{"URI that would change", "PE:echo1", nil, "want a URI"},
		{"empty", "", nil, "want 1 to 128 characters"},
		{"wildcard", "pe:1", []string{"*.example.com"}, ""},
		{"wildcard inside", "pe:1", []string{"a.*.com"}, `DNS name "`},
		{"wildcard of all", "pe:1", []string{"*"}, `DNS name "`},
		{"part of a label as wildcard", "pe:1", []string{"a*.example.com"}, `DNS name "a*.example.com"`},
		{"international", "pe:1", []string{"*.bücher.example"}, ""},
		{"empty label", "pe:1", []string{"a..b"}, `DNS name "a..b"`},
		{"empty DNS name", "pe:1", []string{""}, `DNS name "": want one such as registrar.example.com`},
	} {
		err := Leaf{Name: tc.identity, DNS: tc.dns}.Check()
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v, want error %q", tc.name, err, tc.err)
		}
	}
}

// An authority that lacks half of itself is not made anew: all certificates would
// be worthless.
func TestAuthorityErrors(t *testing.T) {
	dir := t.TempDir()
	a, _, leaf := issue(t, dir, Leaf{Name: "pe:1", Life: time.Hour})
	keyFile := filepath.Join(dir, "ca.key")
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T)
		path  string
		at    time.Time
		want  string
	}{
		{"expired", func(*testing.T) {}, dir, now.AddDate(11, 0, 0), "it has expired on 2036-01-02"},
		{"no authority", func(t *testing.T) {
			t.Helper()
			copyFile(t, leaf, filepath.Join(dir, "leaf.pem"))
			copyFile(t, leaf, filepath.Join(dir, "leaf.key"))
		}, filepath.Join(dir, "leaf.pem"), now, "this certificate may not make others"},
		{"key for all", func(t *testing.T) {
			t.Helper()
			if err := os.Chmod(keyFile, 0o644); err != nil {
				t.Fatal(err)
			}
		}, a.File, now, "run chmod 600 " + keyFile},
		{"no key", func(t *testing.T) {
			t.Helper()
			if err := os.Remove(keyFile); err != nil {
				t.Fatal(err)
			}
		}, dir, now, "ca.key: no such file"},
	} {
		tc.spoil(t)
		if _, err := OpenAuthority(tc.path, tc.at); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = CreateSecret(to, b)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoadCertificateErrors(t *testing.T) {
	dir := t.TempDir()
	a, _, leaf := issue(t, dir, Leaf{Name: "pe:1", Life: time.Hour})
	_, _, other := issue(t, dir, Leaf{Name: "pe:2", Life: time.Hour})
	for _, tc := range []struct {
		name, certificate, key, want string
	}{
		{"both in one", leaf, "", ""},
		{"one each", leaf, leaf, ""},
		{"another's key", leaf, other, "private key does not match"},
		{"certificate alone", a.File, "", "others can read the secret in it"},
		{"not there", filepath.Join(dir, "nowhere"), "", "no such file"},
		{"no PEM", file(t, dir, "text", "text", 0o600), "", "want a certificate chain and its private key in PEM"},
	} {
		_, err := LoadCertificate(tc.certificate, tc.key)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	if _, err := LoadRoots(file(t, dir, "none.pem", "text", 0o644)); err == nil || !strings.Contains(err.Error(), "found none") {
		t.Errorf("roots of a text: %v", err)
	}
}
