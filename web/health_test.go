package web

import (
	"net/http"
	"testing"

	"rserpool/registrar/feed"
)

// Who checks health needs no token and no base path, and hears nothing else.
func TestHealth(t *testing.T) {
	for _, base := range []string{"", "/rs"} {
		s, hub, _ := newTestServer(t, func(c *Config) { c.Private, c.BasePath = true, base })
		for _, tt := range []struct {
			name  string
			phase feed.Phase
			want  int
		}{
			{"serving\n", feed.Serving, http.StatusOK},
			{"starting\n", feed.Starting, http.StatusServiceUnavailable},
			{"draining\n", feed.Draining, http.StatusServiceUnavailable},
		} {
			hub.Publish(start, []feed.Message{feed.RegistrarState{Phase: tt.phase}})
			for _, path := range []string{"", base} {
				for _, header := range []map[string]string{nil, {"Authorization": "Bearer nonsense"}, {"Accept": "text/html"}, {"Host": "health.example"}} {
					if got, body, _ := do(t, http.MethodGet, s.URL+path+"/readyz", header); got != tt.want || body != tt.name {
						t.Errorf("GET %s/readyz with %v: %d %q, want %d %q", path, header, got, body, tt.want, tt.name)
					}
					if got, body, _ := do(t, http.MethodGet, s.URL+path+"/livez", header); got != http.StatusOK || body != "ok\n" {
						t.Errorf("GET %s/livez with %v: %d %q", path, header, got, body)
					}
				}
			}
		}
	}
}

func TestReadyVerbose(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	for _, tt := range []struct {
		phase feed.Phase
		want  string
	}{
		{feed.Serving, "[+] listening\n[+] handlespace complete\n[+] not draining\nserving\n"},
		{feed.Starting, "[+] listening\n[-] handlespace complete: looks for a mentor, or loads its table\n[+] not draining\nstarting\n"},
		{feed.Draining, "[+] listening\n[+] handlespace complete\n[-] not draining: hands its elements over and ends\ndraining\n"},
	} {
		hub.Publish(start, []feed.Message{feed.RegistrarState{Phase: tt.phase}})
		if _, body, _ := do(t, http.MethodGet, s.URL+"/readyz?verbose", nil); body != tt.want {
			t.Errorf("while it is %v: %q, want %q", tt.phase, body, tt.want)
		}
	}
}
