package web

import (
	"net/http"
	"strings"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

func TestMetricsRoute(t *testing.T) {
	s, _, _ := newTestServer(t, nil)
	status, body, header := do(t, http.MethodGet, s.URL+"/metrics", nil)
	if kind := header.Get("Content-Type"); status != http.StatusOK || !strings.HasPrefix(kind, "text/plain; version=0.0.4") ||
		!strings.Contains(body, "\nrserpool_ready 1\n") {
		t.Errorf("status %d, type %q, want the metrics of a registrar that is ready:\n%s", status, kind, body)
	}
	private, _, _ := newTestServer(t, func(c *Config) { c.Private = true })
	if status, _, _ := do(t, http.MethodGet, private.URL+"/metrics", nil); status != http.StatusUnauthorized {
		t.Errorf("status %d without the token where reads are private, want 401", status)
	}
	if status, _, _ := do(t, http.MethodGet, private.URL+"/metrics", map[string]string{"Authorization": "Bearer " + token}); status != http.StatusOK {
		t.Errorf("status %d with the token, want 200", status)
	}
}

// Snapshots count by why they were needed; a client that goes on needs none.
func TestSnapshotsAreCounted(t *testing.T) {
	h := newTestHub()
	join := func(from position) *queue {
		q, ok := h.join(from)
		if !ok {
			t.Fatal("no place for a client")
		}
		takeAll(h, q, start)
		return q
	}
	q := join(position{})
	join(position{epoch: 7, sequence: 1})
	join(position{epoch: 6, sequence: 1})
	var crowd []feed.Message
	for id := range wire.PEIdentifier(maxQueued/entryCost + 1) {
		crowd = append(crowd, feed.ElementState{Handle: "EchoPool", ID: id + 1})
	}
	h.Publish(start, crowd)
	takeAll(h, q, start)
	got := h.feeds()
	if got.Clients != 3 || got.First != 1 || got.Lost != 1 || got.Slow != 1 {
		t.Errorf("%+v, want 3 clients and one snapshot for each reason", got)
	}
}
