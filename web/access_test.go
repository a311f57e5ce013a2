package web

import (
	"net/http"
	"strings"
	"testing"

	"rserpool/registrar"
)

func TestWritesNeedTokenAndOrigin(t *testing.T) {
	bearer := "Bearer " + token
	tests := []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"no token", nil, http.StatusUnauthorized},
		{"wrong token", map[string]string{"Authorization": "Bearer nonsense"}, http.StatusUnauthorized},
		{"empty bearer", map[string]string{"Authorization": "Bearer "}, http.StatusUnauthorized},
		{"token in another scheme", map[string]string{"Authorization": "Basic " + token}, http.StatusUnauthorized},
		{"token as a cookie", map[string]string{"Cookie": "registrar=" + token}, http.StatusUnauthorized},
		{"token", map[string]string{"Authorization": bearer}, http.StatusOK},
		{"foreign origin", map[string]string{"Authorization": bearer, "Origin": "http://evil.example"}, http.StatusForbidden},
		{"foreign origin without token", map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
		{"null origin", map[string]string{"Authorization": bearer, "Origin": "null"}, http.StatusForbidden},
		{"rebound host", map[string]string{"Authorization": bearer, "Host": "evil.example"}, http.StatusForbidden},
		{"configured host", map[string]string{"Authorization": bearer, "Host": "registrar.example:8080", "Origin": "http://registrar.example:8080"}, http.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, fake := newTestServer(t, func(c *Config) { c.Hosts = []string{"registrar.example"} })
			fake.answer = registrar.Deregistered{Outcome: registrar.Removed, Told: 2, Peers: 2}
			got, body, _ := do(t, http.MethodDelete, s.URL+"/api/v1/pools/EchoPool/elements/0x11223344", tt.header)
			if got != tt.want {
				t.Errorf("status %d, want %d: %s", got, tt.want, body)
			}
			if asked := len(fake.asked) > 0; asked != (tt.want == http.StatusOK) {
				t.Errorf("registrar asked: %v", asked)
			}
		})
	}
}

func TestNoWriteByGet(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "pools/EchoPool/elements/1", http.StatusNotFound}, // reads it
		{http.MethodPost, "pools/EchoPool/elements/1", http.StatusMethodNotAllowed},
		{http.MethodPut, "pools/EchoPool/elements/1", http.StatusMethodNotAllowed},
		{http.MethodGet, "pools/EchoPool/elements/1/probe", http.StatusMethodNotAllowed},
		{http.MethodGet, "peers/1/probe", http.StatusMethodNotAllowed},
		{http.MethodGet, "peers/1/resync", http.StatusMethodNotAllowed},
		{http.MethodGet, "holds/1", http.StatusMethodNotAllowed},
		{http.MethodGet, "resolve", http.StatusMethodNotAllowed},
	} {
		if got, _, _ := do(t, tt.method, s.URL+"/api/v1/"+tt.path, map[string]string{"Authorization": "Bearer " + token}); got != tt.want {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, got, tt.want)
		}
	}
	if len(fake.asked)+len(fake.ends)+len(fake.peersAsked) > 0 {
		t.Error("registrar was asked")
	}
}

// With --http-read-only nothing can be written, whoever asks, and pages offer nothing.
func TestReadOnly(t *testing.T) {
	s, _, fake := newTestServer(t, func(c *Config) { c.ReadOnly = true })
	auth := map[string]string{"Authorization": "Bearer " + token}
	for _, path := range []string{
		"DELETE pools/EchoPool/elements/1", "POST pools/EchoPool/elements/1/probe", "DELETE holds/1", "POST peers/1/probe", "POST peers/1/resync",
	} {
		method, path, _ := strings.Cut(path, " ")
		if got, body, _ := do(t, method, s.URL+"/api/v1/"+path, auth); got != http.StatusForbidden || !strings.Contains(body, "--http-read-only") {
			t.Errorf("%s %s: %d %s", method, path, got, body)
		}
	}
	if len(fake.asked)+len(fake.ends)+len(fake.peersAsked) > 0 {
		t.Error("registrar was asked")
	}
	if _, body, _ := do(t, http.MethodGet, s.URL+"/", auth); !strings.Contains(body, `data-writer="false"`) {
		t.Error("the page offers to write")
	}
	if got, _, _ := do(t, http.MethodGet, s.URL+"/api/v1/status", nil); got != http.StatusOK {
		t.Errorf("reading: status %d", got)
	}
}

func TestDashboardLink(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	fake.answer = registrar.Deregistered{Outcome: registrar.Removed}

	status, _, h := do(t, http.MethodGet, s.URL+"/pools/Echo%2FPool?token="+token+"&q=x", nil)
	if status != http.StatusSeeOther || h.Get("Location") != "/pools/Echo%2FPool?q=x" {
		t.Fatalf("status %d, location %q", status, h.Get("Location"))
	}
	cookie := h.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, token) {
		t.Error("the cookie holds the token itself")
	}
	cookie, _, _ = strings.Cut(cookie, ";")
	status, body, _ := do(t, http.MethodDelete, s.URL+"/api/v1/pools/P/elements/1", map[string]string{"Cookie": cookie, "Origin": s.URL})
	if status != http.StatusOK {
		t.Errorf("with the cookie: %d %s", status, body)
	}
	if status, _, h = do(t, http.MethodGet, s.URL+"/?token=stale", nil); status != http.StatusUnauthorized || h.Get("Set-Cookie") != "" {
		t.Errorf("stale link: %d, cookie %q", status, h.Get("Set-Cookie"))
	}
	if status, _, h = do(t, http.MethodGet, s.URL+"//evil.example/?token="+token, nil); strings.HasPrefix(h.Get("Location"), "//") {
		t.Errorf("open redirect: %d to %q", status, h.Get("Location"))
	}
}

func TestPrivateReads(t *testing.T) {
	s, _, _ := newTestServer(t, func(c *Config) { c.Private = true })
	for _, path := range []string{"/", "/pools", "/peers", "/pools/x", "/api/v1/handlespace", "/api/v1/feed", "/version"} {
		if got, _, _ := do(t, http.MethodGet, s.URL+path, nil); got != http.StatusUnauthorized {
			t.Errorf("%s: status %d", path, got)
		}
	}
	if got, _, _ := do(t, http.MethodGet, s.URL+"/api/v1/handlespace", map[string]string{"Authorization": "Bearer " + token}); got != http.StatusOK {
		t.Errorf("with token: %d", got)
	}
	if got, _, _ := do(t, http.MethodGet, s.URL+"/livez", nil); got != http.StatusOK {
		t.Errorf("livez: %d", got)
	}
}

func TestBasePath(t *testing.T) {
	s, _, _ := newTestServer(t, func(c *Config) { c.BasePath = "/rs" })
	for path, want := range map[string]int{"/rs": 308, "/rs/": 200, "/rs/livez": 200, "/rs/api/v1/handlespace": 200, "/": 404, "/rsx": 404, "/livez": 200, "/readyz": 200, "/version": 404} {
		if got, body, _ := do(t, http.MethodGet, s.URL+path, nil); got != want {
			t.Errorf("%s: status %d, want %d: %.200s", path, got, want, body)
		}
	}
}
