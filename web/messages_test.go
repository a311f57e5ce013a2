package web

import (
	"net/http"
	"strings"
	"testing"

	"nhooyr.io/websocket"

	"rserpool/registrar/feed"
)

const block = "\x0a\x0d\x0d\x0a" // what a pcapng file starts with

func captureOf(t *testing.T, frames [][]byte) (numbers []uint64) {
	t.Helper()
	for _, b := range frames {
		list, err := feed.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if c, ok := m.(feed.Captured); ok {
				numbers = append(numbers, c.Number)
			}
		}
	}
	return numbers
}

func TestOnlyWhoWantsGetsMessages(t *testing.T) {
	h := newTestHub()
	looks, other := follow(t, h), follow(t, h)
	looks.catchUp(t, h)
	other.catchUp(t, h)
	r := h.Recorder()
	h.want(looks.q, feed.Want{Messages: feed.SendMessages, After: 99}) // of another life
	r.Record(feed.Captured{}, []byte("one"))
	h.Publish(start, []feed.Message{add("P", element(1, self))})
	if got := captureOf(t, takeAll(h, looks.q, start)); len(got) != 1 || got[0] != 1 {
		t.Errorf("the page that looks got %v", got)
	}
	if got := captureOf(t, takeAll(h, other.q, start)); got != nil {
		t.Errorf("the other page got %v", got)
	}
	h.want(looks.q, feed.Want{Messages: feed.KeepMessages, After: 1})
	r.Record(feed.Captured{}, []byte("two"))
	if got := captureOf(t, takeAll(h, looks.q, start)); got != nil {
		t.Errorf("paused, the page got %v", got)
	}
	h.want(looks.q, feed.Want{Messages: feed.SendMessages, After: 1})
	if got := captureOf(t, takeAll(h, looks.q, start)); len(got) != 1 || got[0] != 2 {
		t.Errorf("resumed, the page got %v", got)
	}
	h.want(looks.q, feed.Want{})
	if r.On() {
		t.Error("it records with nobody looking")
	}
	h.want(looks.q, feed.Want{Messages: feed.SendMessages})
	h.leave(looks.q)
	h.want(looks.q, feed.Want{Messages: feed.SendMessages}) // comes late
	if r.On() {
		t.Error("it records for a page that has gone")
	}
}

// A page that is too slow misses the oldest messages and can see it; a snapshot
// takes nothing away.
func TestMessagesForSlowPages(t *testing.T) {
	h := newTestHub()
	f := follow(t, h)
	f.catchUp(t, h)
	h.want(f.q, feed.Want{Messages: feed.SendMessages})
	for range 3 * maxCaptured {
		h.Recorder().Record(feed.Captured{}, make([]byte, 100))
	}
	f.q.behind = true
	got := captureOf(t, takeAll(h, f.q, start))
	if len(got) != maxCaptured || got[0] != 2*maxCaptured+1 || got[len(got)-1] != 3*maxCaptured {
		t.Errorf("%d messages, from %d to %d", len(got), got[0], got[len(got)-1])
	}
}

func TestWantOverTheSocket(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	conn, _, err := dial(t, s, nil, subprotocol)
	if err != nil {
		t.Fatal(err)
	}
	b, err := feed.Append(nil, feed.Want{Messages: feed.SendMessages})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageBinary, b); err != nil {
		t.Fatal(err)
	}
	// The answer to Want is a frame, so it is in force when the second one comes.
	for range 2 {
		if _, _, err := conn.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	hub.Recorder().Record(feed.Captured{ENRP: true}, []byte("hello"))
	_, b, err = conn.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := captureOf(t, [][]byte{b}); len(got) != 1 {
		t.Errorf("messages %v in the frame", got)
	}
}

// Who comes when as many download as may is told so, and those who are done are counted no
// more.
func TestDownloadsFull(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	ask := func() (int, string) {
		status, body, header := do(t, http.MethodGet, s.URL+"/api/v1/messages.pcapng", nil)
		if status == http.StatusServiceUnavailable && header.Get("Retry-After") == "" {
			t.Error("refused without Retry-After")
		}
		return status, body
	}
	for range DefaultLimits().Downloads + 1 {
		if status, _ := ask(); status != http.StatusOK {
			t.Errorf("status %d of one download after the other", status)
		}
	}
	for range DefaultLimits().Downloads {
		hub.download("192.0.2.7:7")
	}
	if status, body := ask(); status != http.StatusServiceUnavailable || !strings.Contains(body, "--max-capture-downloads") {
		t.Errorf("status %d, %s; want a refusal that names the flag", status, body)
	}
}

func TestDownloadMessages(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	defer hub.Recorder().Watch(nil).Stop()
	hub.Recorder().Record(feed.Captured{Association: 1}, []byte("\x07\x00\x00\x04 needle"))
	status, body, header := do(t, http.MethodGet, s.URL+"/api/v1/messages.pcapng", nil)
	if status != http.StatusOK || !strings.HasPrefix(body, block) || !strings.Contains(body, "needle") {
		t.Errorf("status %d, %d bytes", status, len(body))
	}
	if got := header.Get("Content-Disposition"); got != `attachment; filename="messages-0x0a0a0a0a.pcapng"` {
		t.Errorf("disposition %s", got)
	}
	for _, bad := range []string{"x", "-1s", "0s", "11m"} {
		if status, _, _ := do(t, http.MethodGet, s.URL+"/api/v1/messages.pcapng?for="+bad, nil); status != http.StatusBadRequest {
			t.Errorf("for=%s: status %d", bad, status)
		}
	}
}

// A download with a time records by itself, and ends with the registrar.
func TestDownloadRecords(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	res, err := http.Get(s.URL + "/api/v1/messages.pcapng?for=10m")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if !hub.Recorder().On() {
		t.Fatal("it does not record")
	}
	hub.Recorder().Record(feed.Captured{Association: 1}, []byte("needle"))
	var got strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(got.String(), "needle") {
		n, err := res.Body.Read(buf)
		got.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after %d bytes", err, got.Len())
		}
	}
	hub.Close()
	for err == nil {
		_, err = res.Body.Read(buf)
	}
}

func TestPrivateMessages(t *testing.T) {
	s, hub, _ := newTestServer(t, func(c *Config) { c.Private = true })
	defer hub.Recorder().Watch(nil).Stop()
	url := s.URL + "/api/v1/messages.pcapng"
	if status, _, _ := do(t, http.MethodGet, url, nil); status != http.StatusUnauthorized {
		t.Errorf("without a token: status %d", status)
	}
	if status, _, _ := do(t, http.MethodGet, url, map[string]string{"Authorization": "Bearer " + token}); status != http.StatusOK {
		t.Errorf("with the token: status %d", status)
	}
	if status, _, _ := do(t, http.MethodGet, url, map[string]string{"Authorization": "Bearer " + token, "Origin": "http://evil.example"}); status != http.StatusForbidden {
		t.Errorf("from another origin: status %d", status)
	}
}
