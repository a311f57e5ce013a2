package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
)

// The dashboard speaks TLS with the certificate that it is given, and nothing else.
func TestServeHTTPS(t *testing.T) {
	t.Chdir(t.TempDir())
	made(t, "auth", "new-cert", "registrar:0x0000000a", "--role", "registrar", "--id", "0x0a", "--ip", "127.0.0.1", "--ca", "ca", "--out", "web.pem")
	r := launch(t, onLoopback("--http", "127.0.0.1:0", "--http-tls-cert", "web.pem")...)
	link := r.stdout.await(t, "dashboard ")
	if !strings.HasPrefix(link, "https://127.0.0.1:") {
		t.Errorf("link %s, want https", link)
	}
	ca, err := os.ReadFile("ca/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	res, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d of %s", res.StatusCode, res.Request.URL)
	}
	if res, err := http.Get(strings.Replace(link, "https:", "http:", 1)); err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("in the clear: status %d", res.StatusCode)
		}
	}
}

func TestServeHTTPSFlags(t *testing.T) {
	for _, tt := range []struct {
		flags []string
		code  int
		want  string
	}{
		{[]string{"--http", "127.0.0.1:0", "--http-tls-key", "/nowhere"}, exitUsage, "--http-tls-cert"},
		{[]string{"--http-tls-cert", "/nowhere"}, exitUsage, "needs --http ADDRESS"},
		{[]string{"--http-read-only"}, exitUsage, "needs --http ADDRESS"},
		{[]string{"--http", "127.0.0.1:0", "--http-tls-cert", "/nowhere"}, exitFailure, "--http-tls-cert /nowhere"},
		{[]string{"--http", "127.0.0.1:0", "--http-tls-cert", file(t, "no certificate")}, exitFailure, "in PEM"},
	} {
		if got := command(t, onLoopback(tt.flags...)...); got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
			t.Errorf("%v: code %d, %s; want code %d and %q", tt.flags, got.code, got.stderr, tt.code, tt.want)
		}
	}
}
