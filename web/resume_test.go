package web

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// A client that comes back gets what it has missed, and a snapshot where that is not
// known any more.
func TestResume(t *testing.T) {
	one := func(id wire.PEIdentifier) []feed.Message { return []feed.Message{add("P", element(id, self))} }
	for _, tt := range []struct {
		name     string
		from     position
		snapshot bool
	}{
		{"from nowhere", position{}, true},
		{"of another start", position{6, 2}, true},
		{"from the future", position{7, 9}, true},
		{"missed nothing", position{7, 4}, false},
		{"missed two", position{7, 2}, false},
		{"from the beginning", position{7, 0}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newTestHub() // its first batch is the registrar's state
			r := replica.New()
			q, _ := h.join(position{})
			apply(t, r, takeAll(h, q, start))
			h.Publish(start, one(1))
			if tt.from.sequence > 1 && tt.from.sequence < 9 && !tt.snapshot {
				apply(t, r, takeAll(h, q, start))
			}
			h.Publish(start, one(2))
			h.Publish(start, one(3))
			if tt.from.sequence == 4 {
				apply(t, r, takeAll(h, q, start))
			}
			h.leave(q)
			back, ok := h.join(tt.from)
			if !ok || back.behind != tt.snapshot {
				t.Fatalf("joined: %v, needs a snapshot: %v, want %v", ok, back.behind, tt.snapshot)
			}
			apply(t, r, takeAll(h, back, start))
			if got := r.Counts().Elements; got != 3 || r.Sequence().Number != 4 {
				t.Errorf("%d elements at %d, want 3 at 4", got, r.Sequence().Number)
			}
		})
	}
}

func apply(t *testing.T, r *replica.Replica, frames [][]byte) {
	t.Helper()
	for _, f := range frames {
		if _, err := r.ApplyFrame(f); err != nil {
			t.Fatal(err)
		}
	}
}

// The backlog is bounded by changes, however they come.
func TestBacklog(t *testing.T) {
	var h backlog
	if _, ok := h.since(0); !ok {
		t.Error("nothing is missing where nothing has happened")
	}
	for n := range uint64(30) {
		h.add(n+1, make([]change, maxBacklog/10))
	}
	if h.changes != maxBacklog || len(h.batches) != 10 {
		t.Errorf("%d changes in %d batches are kept", h.changes, len(h.batches))
	}
	for number, want := range map[uint64]int{30: 0, 29: 1, 20: 10, 99: 0} {
		if missed, ok := h.since(number); !ok || len(missed) != want || want > 0 && missed[0].number != number+1 {
			t.Errorf("since %d: %d batches, %v, want %d", number, len(missed), ok, want)
		}
	}
	if _, ok := h.since(19); ok {
		t.Error("batch 20 is gone, and nobody says so")
	}
	h.add(31, make([]change, maxBacklog+1)) // too large to keep at all
	if _, ok := h.since(30); ok {
		t.Error("batch 31 is gone, and nobody says so")
	}
}

// Where no WebSocket gets through, the same frames come as server-sent events.
func TestEventStream(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	hub.Publish(start, []feed.Message{add("P", element(1, self))})
	want, err := feed.Append(nil, feed.Want{Messages: feed.SendMessages})
	if err != nil {
		t.Fatal(err)
	}
	r := replica.New()
	watch := func(query string, until func() bool) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/feed?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", eventStream)
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got := res.Header.Get("Content-Type"); got != eventStream {
			t.Fatalf("the feed is %q", got)
		}
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for !until() {
			if !lines.Scan() {
				t.Fatal("the stream ends:", lines.Err())
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			frame, err := base64.StdEncoding.DecodeString(data)
			if err != nil {
				t.Fatal(err)
			}
			apply(t, r, [][]byte{frame})
		}
	}
	watch("want="+hex.EncodeToString(want), func() bool { return r.Synced() && r.Counts().Elements == 1 })
	hub.Publish(start, []feed.Message{add("P", element(2, self))})
	watch("after="+r.Position(), func() bool { return r.Counts().Elements == 2 })
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		hub.mu.Lock()
		left := len(hub.queues)
		hub.mu.Unlock()
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d clients are still served", left)
		}
	}
}

func TestReadPosition(t *testing.T) {
	for text, want := range map[string]position{"7.12": {7, 12}, "": {}, "7": {}, "x.1": {}, "1.-1": {}, "1.2.3": {}} {
		if got := readPosition(text); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}
