package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
)

// A status has the limits, and comes without them from a registrar that stands still.
func TestStatusLimits(t *testing.T) {
	s, _, fake := newTestServer(t, nil)
	ask := func() (list []limitJSON) {
		t.Helper()
		got, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/status", nil)
		var a struct{ Limits []limitJSON }
		if err := json.Unmarshal([]byte(body), &a); err != nil || got != http.StatusOK {
			t.Fatalf("%d %v: %s", got, err, body)
		}
		return a.Limits
	}
	two, none := 2, 0
	fake.measures.Limits = []registrar.LimitUse{{Name: "max_pools", Limit: 5, Used: 2, Counted: true, Hits: 3}, {Name: "max_resolve_items", Off: true}, {Name: "adoption_rate", Limit: 7}}
	want := []limitJSON{
		{"max_pools", 5, &two, 3},
		{"adoption_rate", 7, nil, 0},
		{"max_feed_clients", DefaultLimits().FeedClients, &none, 0},
		{"max_http_connections", DefaultLimits().Connections, &none, 0},
		{"max_capture_downloads", DefaultLimits().Downloads, &none, 0},
		{"max_events_kept", DefaultLimits().Events, nil, 0},
		{"max_captured_messages", DefaultLimits().Captured, nil, 0},
		{"max_http_body_bytes", DefaultLimits().BodySize, nil, 0},
		{"max_http_bodies", DefaultLimits().Bodies, nil, 0},
	}
	if diff := cmp.Diff(want, ask()); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	fake.measuring = errors.New("it stands still")
	if got := ask(); len(got) > 0 {
		t.Errorf("limits of a registrar that does not answer: %v", got)
	}
}
