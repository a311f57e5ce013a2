package web

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"rserpool/registrar/feed"
)

const otherToken = "battery-horse-correct-staple"

// Another token takes the place of the first: at once, for everything, and for who is
// logged in.
func TestSetToken(t *testing.T) {
	s, _, _ := newTestServer(t, func(c *Config) { c.Private = true })
	_, _, header := do(t, http.MethodGet, s.URL+"/?token="+token, nil)
	cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	s.Config.Handler.(*Dashboard).SetToken(otherToken)
	for _, tt := range []struct {
		name, path string
		header     map[string]string
		want       int
	}{
		{"the old token", "/api/v1/status", map[string]string{"Authorization": "Bearer " + token}, http.StatusUnauthorized},
		{"the old cookie", "/api/v1/status", map[string]string{"Cookie": cookie}, http.StatusUnauthorized},
		{"the old link", "/?token=" + token, nil, http.StatusUnauthorized},
		{"the new token", "/api/v1/status", map[string]string{"Authorization": "Bearer " + otherToken}, http.StatusOK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, body, _ := do(t, http.MethodGet, s.URL+tt.path, tt.header); got != tt.want {
				t.Errorf("status %d, want %d: %s", got, tt.want, body)
			}
		})
	}
	if got, body, _ := sendBody(t, http.MethodPost, s.URL+"/login", "token="+otherToken+"&next=/", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded",
	}); got != http.StatusSeeOther {
		t.Errorf("login with the new token: %d %s", got, body)
	}
}

// A feed that the old token let in ends with it where reading is private, and there
// only.
func TestSetTokenEndsFeeds(t *testing.T) {
	goodbye, err := feed.Append(nil, feed.Goodbye{Reason: "The registrar is stopping."})
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []bool{true, false} {
		s, hub, _ := newTestServer(t, func(c *Config) { c.Private = private })
		r, err := http.NewRequest(http.MethodGet, s.URL+"/api/v1/feed", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Accept", eventStream)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("private %t: %s", private, answer.Status)
		}
		s.Config.Handler.(*Dashboard).SetToken(otherToken)
		if !private {
			hub.Close() // else it would not end
		}
		all, err := io.ReadAll(answer.Body)
		if told := strings.Contains(string(all), base64.StdEncoding.EncodeToString(goodbye)); err != nil || told == private {
			t.Errorf("private %t: error %v, told that the registrar stops: %t", private, err, told)
		}
	}
}
