package main

import (
	"net/http"
	"testing"
)

// A name that only looks like this registrar's must not change anything (DNS
// rebinding); the names that it has are told by --http-host.
func TestServeHTTPHost(t *testing.T) {
	token := file(t, "0123456789abcdef\n")
	s := launch(t, onLoopback("--http", "127.0.0.1:0", "--http-token-file", token, "--http-host", "registrar.example.com", "--http-host", "r2.example.com")...)
	at := s.stdout.await(t, "http ")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for host, want := range map[string]int{
		"registrar.example.com": http.StatusNotFound, // no such hold, but somebody may ask
		"r2.example.com":        http.StatusNotFound,
		at:                      http.StatusNotFound,
		"evil.example.com":      http.StatusForbidden,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+at+"/api/v1/holds/0x1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		req.Header.Set("Authorization", "Bearer 0123456789abcdef")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("Host: %s: %s, want %d", host, res.Status, want)
		}
	}
}
