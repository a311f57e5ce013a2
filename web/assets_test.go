package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestAssets(t *testing.T) {
	s, _, _ := newTestServer(t, nil)
	_, html, h := do(t, http.MethodGet, s.URL+"/", nil)
	if !strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self' 'wasm-unsafe-eval'") {
		t.Errorf("policy %q", h.Get("Content-Security-Policy"))
	}
	if c := h.Get("Cache-Control"); c != "no-cache" {
		t.Errorf("pages must be asked for again, Cache-Control %q", c)
	}
	if regexp.MustCompile(`<script(>| [^>]*[^>/]>[^<])|\sstyle=|\son[a-z]+=`).MatchString(html) {
		t.Error("inline script or style: the policy forbids it")
	}
	css := regexp.MustCompile(`assets/[a-z]+\.[0-9a-f]{12}\.css`).FindString(html)
	if css == "" {
		t.Fatal("no style sheet in the page")
	}
	for _, tt := range []struct{ accept, want string }{
		{"", ""}, {"gzip", "gzip"}, {"gzip, br", "br"}, {"br;q=0, gzip;q=0.5", "gzip"}, {"identity", ""}, {"BR", "br"},
	} {
		status, body, h := do(t, http.MethodGet, s.URL+"/"+css, map[string]string{"Accept-Encoding": tt.accept})
		if status != 200 || h.Get("Content-Encoding") != tt.want || len(body) == 0 {
			t.Errorf("accept %q: status %d, encoding %q", tt.accept, status, h.Get("Content-Encoding"))
		}
		if !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("headers %v", h)
		}
	}
	if status, _, _ := do(t, http.MethodGet, s.URL+"/assets/app.000000000000.css", nil); status != http.StatusNotFound {
		t.Errorf("old name: %d", status)
	}
}

// Every answer carries the policy, also where the base path ends it.
func TestPolicyEverywhere(t *testing.T) {
	s, _, _ := newTestServer(t, func(c *Config) { c.BasePath = "/base" })
	for _, path := range []string{"/base", "/base/", "/base/nowhere", "/elsewhere", "/livez"} {
		if _, _, h := do(t, http.MethodGet, s.URL+path, nil); h.Get("Content-Security-Policy") == "" || h.Get("X-Content-Type-Options") == "" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}
