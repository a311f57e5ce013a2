package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

var browser = map[string]string{"Accept": "text/html,application/xhtml+xml", "Content-Type": "application/x-www-form-urlencoded"}

// A person who may not read is asked for the token, and comes to the page that was
// wanted; a program is told why.
func TestLogin(t *testing.T) {
	s, _, fake := newTestServer(t, func(c *Config) { c.Private, c.BasePath = true, "/rs" })
	status, _, h := do(t, http.MethodGet, s.URL+"/rs/pools/Echo?q=x", browser)
	if status != http.StatusSeeOther || h.Get("Location") != "/rs/login?next=%2Frs%2Fpools%2FEcho%3Fq%3Dx" {
		t.Fatalf("status %d to %q", status, h.Get("Location"))
	}
	if status, body, _ := do(t, http.MethodGet, s.URL+h.Get("Location"), browser); status != http.StatusOK || !strings.Contains(body, `name="next" value="/rs/pools/Echo?q=x"`) ||
		!strings.Contains(body, `type="password"`) || strings.Contains(body, token) {
		t.Errorf("login: %d %s", status, body)
	}
	for path, want := range map[string]int{"/rs/api/v1/status": 401, "/rs/version": 303, "/rs/livez": 200} {
		if status, _, _ := do(t, http.MethodGet, s.URL+path, browser); status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
	form := func(token, next string) string { return url.Values{"token": {token}, "next": {next}}.Encode() }
	status, body, h := sendBody(t, http.MethodPost, s.URL+"/rs/login", form("wrong", "/rs/pools"), browser)
	if status != http.StatusUnauthorized || h.Get("Set-Cookie") != "" || !strings.Contains(body, "not the operator token") || !strings.Contains(body, `value="/rs/pools"`) {
		t.Errorf("another token: %d %s", status, body)
	}
	status, _, h = sendBody(t, http.MethodPost, s.URL+"/rs/login", form(" "+token+"\n", "/rs/pools/Echo?q=x"), browser)
	cookie, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if status != http.StatusSeeOther || h.Get("Location") != "/rs/pools/Echo?q=x" || !strings.Contains(h.Get("Set-Cookie"), "Path=/rs/; HttpOnly; SameSite=Strict") {
		t.Errorf("the token: %d to %q, cookie %q", status, h.Get("Location"), h.Get("Set-Cookie"))
	}
	if status, _, _ := do(t, http.MethodGet, s.URL+"/rs/pools", map[string]string{"Cookie": cookie, "Accept": "text/html"}); status != http.StatusOK {
		t.Errorf("with the cookie: status %d", status)
	}
	for header, want := range map[string]string{"Origin": "http://evil.example", "Host": "evil.example"} {
		if status, _, h := sendBody(t, http.MethodPost, s.URL+"/rs/login", form(token, "/rs/"), map[string]string{header: want, "Content-Type": browser["Content-Type"]}); status != http.StatusForbidden || h.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: status %d", header, want, status)
		}
	}
	if len(fake.asked) > 0 {
		t.Error("the registrar was asked")
	}
}

// A login leads to no other site.
func TestLoginLeadsHome(t *testing.T) {
	s := &server{Config: Config{BasePath: "/rs"}}
	for next, want := range map[string]string{
		"/rs/peers?x=1": "/rs/peers?x=1", "/rs/pools/a%2Fb": "/rs/pools/a%2Fb", "": "/rs/", "/other": "/rs/", "//evil.example/rs/": "/rs/", "http://evil.example/rs/": "/rs/",
		"/rs/\\evil": "/rs/", "javascript:alert(1)": "/rs/", "%zz": "/rs/", "evil.example": "/rs/",
	} {
		if got := s.nextOf(next); got != want {
			t.Errorf("%q: %q, want %q", next, got, want)
		}
	}
	if got := (&server{}).nextOf("//evil.example/"); got != "/" {
		t.Errorf("without a base path: %q", got)
	}
}

// Guessing takes long, for each address.
func TestLoginAttempts(t *testing.T) {
	now := start
	s, _, _ := newTestServer(t, func(c *Config) { c.Now = func() time.Time { return now } })
	try := func(with string) int {
		status, _, _ := sendBody(t, http.MethodPost, s.URL+"/login", url.Values{"token": {with}}.Encode(), browser)
		return status
	}
	for range loginBurst {
		if got := try("wrong"); got != http.StatusUnauthorized {
			t.Fatalf("status %d", got)
		}
	}
	if got := try(token); got != http.StatusTooManyRequests {
		t.Errorf("one attempt too many: status %d", got)
	}
	now = now.Add(loginAgain)
	if got := try(token); got != http.StatusSeeOther {
		t.Errorf("a while later: status %d", got)
	}

	var a attempts
	for n := range loginAddresses {
		a.allow(string(rune('a'+n)), now)
	}
	for range loginBurst { // strangers share one allowance, and push nobody out
		a.allow("stranger", now)
	}
	if a.allow("another", now) || len(a.from) > loginAddresses+1 {
		t.Errorf("strangers may go on; %d addresses are kept", len(a.from))
	}
	if now = now.Add(loginAgain); !a.allow("another", now) || len(a.from) > 2 {
		t.Errorf("%d addresses are kept for ever", len(a.from))
	}
}
