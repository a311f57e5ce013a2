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
