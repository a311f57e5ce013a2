package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nhooyr.io/websocket"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

func dial(t *testing.T, s *httptest.Server, header http.Header, protocols ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/api/v1/feed",
		&websocket.DialOptions{Subprotocols: protocols, HTTPHeader: header})
	if err == nil {
		conn.SetReadLimit(1 << 20)
		t.Cleanup(func() { _ = conn.Close(websocket.StatusNormalClosure, "") })
	}
	return conn, res, err
}

// next applies one frame and confirms it.
func next(ctx context.Context, t *testing.T, conn *websocket.Conn, r *replica.Replica) {
	t.Helper()
	_, b, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n, err := r.ApplyFrame(b)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := feed.Append(nil, feed.Applied{Number: n})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(ctx, websocket.MessageBinary, ack); err != nil {
		t.Fatal(err)
	}
}

func TestFeed(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	hub.Publish(start, []feed.Message{add("P", element(1, self)), sum(self, "P", 1)})
	conn, _, err := dial(t, s, nil, subprotocol)
	if err != nil {
		t.Fatal(err)
	}
	r := replica.New()
	for !r.Synced() {
		next(t.Context(), t, conn, r)
	}
	if r.Self() != self || r.Counts().Elements != 1 {
		t.Fatalf("snapshot: %v %+v", r.Self(), r.Counts())
	}
	hub.Publish(start, []feed.Message{add("P", element(2, self)), sum(self, "P", 1, 2)})
	for r.Counts().Elements != 2 {
		next(t.Context(), t, conn, r)
	}
	if bad := r.Disagrees(); len(bad) > 0 {
		t.Errorf("checksums differ for %v", bad)
	}
	hub.Close()
	for {
		_, b, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal("no goodbye before the end:", err)
		}
		list, _ := feed.Parse(b)
		if g, ok := list[0].(feed.Goodbye); ok {
			if g.Reason == "" {
				t.Error("goodbye without a reason")
			}
			break
		}
	}
}

func TestFeedStopsWithoutCredit(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	conn, _, err := dial(t, s, nil, subprotocol)
	if err != nil {
		t.Fatal(err)
	}
	r := replica.New()
	// No ack: the server may send credit frames and no more, and keeps merging.
	for i := range credit {
		if _, b, err := conn.Read(t.Context()); err != nil {
			t.Fatal(err)
		} else if _, err := r.ApplyFrame(b); err != nil {
			t.Fatal(err)
		}
		e := element(1, self)
		e.Policy.Weight = uint32(i)
		hub.Publish(start, []feed.Message{add("P", e)})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*pace)
	defer cancel()
	if _, b, err := conn.Read(ctx); err == nil {
		t.Errorf("a frame of %d bytes beyond the credit", len(b))
	}
}

func TestFeedRefuses(t *testing.T) {
	s, _, _ := newTestServer(t, nil)
	t.Run("foreign origin", func(t *testing.T) {
		_, res, err := dial(t, s, http.Header{"Origin": {"http://evil.example"}}, subprotocol)
		if err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%v, %v", res, err)
		}
	})
	t.Run("no subprotocol", func(t *testing.T) {
		conn, _, err := dial(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Errorf("read: %v", err)
		}
	})
	for name, b := range map[string][]byte{"garbage": {1, 2, 3}, "no message": {}, "too long": make([]byte, readLimit+1)} {
		t.Run(name, func(t *testing.T) {
			conn, _, err := dial(t, s, nil, subprotocol)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Write(t.Context(), websocket.MessageBinary, b); err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, _, err = conn.Read(t.Context())
			}
		})
	}
	t.Run("plain GET", func(t *testing.T) {
		if status, _, _ := do(t, http.MethodGet, s.URL+"/api/v1/feed", nil); status != http.StatusUpgradeRequired {
			t.Errorf("status %d", status)
		}
	})
}

func TestHubServesSoManyClients(t *testing.T) {
	h := newTestHub()
	for range DefaultLimits().FeedClients {
		if _, ok := h.join(position{}); !ok {
			t.Fatal("refused below the limit")
		}
	}
	if _, ok := h.join(position{}); ok {
		t.Error("no limit")
	}
}
