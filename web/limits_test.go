package web

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
)

// lowHub is a hub with low limits, which logs to log.
func lowHub(log io.Writer) *Hub {
	return NewHub(feed.Hello{Schema: feed.Schema, Registrar: self, Epoch: 7, Version: "v0", Dialect: "rfc", Transport: "udp"},
		Limits{FeedClients: 2, Connections: 2, Downloads: 2, BodySize: 100, Bodies: 2, Events: 3, Captured: 4}, slog.New(slog.NewTextHandler(log, nil)))
}

// reached gives the limits of a hub that were, by name, and the texts of the events.
func (h *Hub) reached() (hits map[string]uint64, told []string) {
	hits = map[string]uint64{}
	for _, l := range h.limitsInUse() {
		if l.Hits > 0 {
			hits[l.Name] = l.Hits
		}
	}
	list, _ := h.events(0)
	for _, e := range list {
		if e.Name == "limit.reached" {
			told = append(told, e.Text)
		}
	}
	return hits, told
}

// SEC-27: clients beyond the limit are refused, counted and told of once, and those who
// are there are served.
func TestFeedClientsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		h := lowHub(&log)
		var in []*queue
		for range 5 {
			if q, ok := h.join(position{}); ok {
				in = append(in, q)
			}
		}
		if len(in) != 2 {
			t.Fatalf("%d clients in, want 2", len(in))
		}
		hits, told := h.reached()
		if diff := cmp.Diff(map[string]uint64{"max_feed_clients": 3}, hits); diff != "" {
			t.Errorf("hits (-want +got):\n%s", diff)
		}
		const want = "max_feed_clients is 2: so many follow the feed, one more was refused; --max-feed-clients moves it"
		if len(told) != 1 || told[0] != want || strings.Count(log.String(), "level=WARN msg=limit.reached") != 1 {
			t.Errorf("told %q, log %q, want once %q", told, log.String(), want)
		}
		if frame, _ := h.take(in[1], time.Now()); len(frame) == 0 {
			t.Error("a client that is in gets nothing")
		}
		<-time.After(limitEvery) // virtual time
		h.join(position{})
		if _, told := h.reached(); len(told) != 2 {
			t.Errorf("after ten seconds told %q, want one more", told)
		}
		h.leave(in[0])
		if _, ok := h.join(position{}); !ok {
			t.Error("no room after one has left")
		}
	})
}

// What is only kept gives way: the oldest goes, and nobody is told.
func TestKeptGivesWay(t *testing.T) {
	h := lowHub(io.Discard)
	for range 5 {
		h.Publish(start, []feed.Message{feed.Event{Name: "peer.discovered"}})
	}
	defer h.Recorder().Watch(nil).Stop()
	for range 7 {
		h.Recorder().Record(feed.Captured{}, []byte("x"))
	}
	hits, told := h.reached()
	if diff := cmp.Diff(map[string]uint64{"max_events_kept": 2, "max_captured_messages": 3}, hits); diff != "" || len(told) > 0 {
		t.Errorf("told %q, hits (-want +got):\n%s", told, diff)
	}
}

// SEC-27: downloads of captured messages beyond the limit are refused.
func TestDownloadLimit(t *testing.T) {
	h := lowHub(io.Discard)
	done, ok := h.download("192.0.2.7:7")
	if _, also := h.download("192.0.2.7:8"); !ok || !also {
		t.Fatal("two downloads refused, want room for both")
	}
	for range 3 {
		if _, ok := h.download("192.0.2.7:9"); ok {
			t.Error("a third download, want two at once")
		}
	}
	hits, told := h.reached()
	if diff := cmp.Diff(map[string]uint64{"max_capture_downloads": 3}, hits); diff != "" || len(told) != 1 || !strings.Contains(told[0], "192.0.2.7:9") {
		t.Errorf("told %q, want once to whom; hits (-want +got):\n%s", told, diff)
	}
	if l := h.limitsInUse()[limitDownloads]; l.Used != 2 || l.Limit != 2 {
		t.Errorf("%+v, want 2 of 2 used", l)
	}
	done()
	if _, ok := h.download("192.0.2.7:7"); !ok {
		t.Error("no room after one is done")
	}
}

// SEC-27: a connection that gives way is counted and told of.
func TestConnectionLimit(t *testing.T) {
	h := lowHub(io.Discard)
	h.Connected(2)
	for range 3 {
		h.GaveWay(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 7})
	}
	hits, told := h.reached()
	if diff := cmp.Diff(map[string]uint64{"max_http_connections": 3}, hits); diff != "" || len(told) != 1 || !strings.Contains(told[0], "192.0.2.7:7") {
		t.Errorf("told %q, want once from where; hits (-want +got):\n%s", told, diff)
	}
	if l := h.limitsInUse()[limitConnections]; l.Used != 2 || l.Limit != 2 {
		t.Errorf("%+v, want 2 of 2 used", l)
	}
}

// SEC-27: whatever route it is for, a body that is too long is not read, and one of the
// greatest length is.
func TestBodyLimit(t *testing.T) {
	s, hub, fake := newTestServer(t, nil)
	routes := []struct{ method, path string }{
		{http.MethodPost, "/login"},
		{http.MethodPost, "/api/v1/resolve"},
		{http.MethodDelete, "/api/v1/pools/EchoPool/elements/0x1"},
		{http.MethodPost, "/api/v1/pools/EchoPool/elements/0x1/probe"},
		{http.MethodDelete, "/api/v1/holds/0x1"},
		{http.MethodPost, "/api/v1/peers/0x1/probe"},
		{http.MethodPost, "/api/v1/peers/0x1/resync"},
		{http.MethodGet, "/"},
		{http.MethodGet, "/api/v1/status"},
		{http.MethodGet, "/api/v1/feed"},
		{http.MethodPut, "/nowhere"},
	}
	for _, r := range routes {
		for _, chunked := range []bool{false, true} {
			send := func(n int) int {
				t.Helper()
				var body io.Reader = bytes.NewReader(make([]byte, n))
				if chunked {
					body = io.MultiReader(body) // of unknown length
				}
				req, err := http.NewRequestWithContext(t.Context(), r.method, s.URL+r.path, body)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+token)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				return resp.StatusCode
			}
			if status := send(DefaultLimits().BodySize + 1); status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s %s, chunked %t: status %d for one byte too many, want 413", r.method, r.path, chunked, status)
			}
			if len(fake.asked)+len(fake.ends)+len(fake.peersAsked) > 0 {
				t.Fatalf("%s %s: done all the same", r.method, r.path)
			}
			if status := send(DefaultLimits().BodySize); status == http.StatusRequestEntityTooLarge {
				t.Errorf("%s %s, chunked %t: refused at the limit", r.method, r.path, chunked)
			}
			fake.asked, fake.ends, fake.peersAsked = nil, nil, nil
		}
	}
	if hits, told := hub.reached(); hits["max_http_body_bytes"] != uint64(2*len(routes)) || len(told) != 1 {
		t.Errorf("hits %v, told %q, want one hit for each request, told once", hits, told)
	}
}
