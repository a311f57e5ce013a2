package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rserpool/registrar/feed"
)

func TestEvents(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	hub.Publish(start, []feed.Message{
		feed.Event{At: feed.At(start), Name: "element.registered", Handle: "EchoPool", Element: 7, Server: self, Origin: "pe"},
		feed.Event{At: feed.At(start), Name: "element.removed", Text: "registration life has ended", Handle: "EchoPool", Element: 7, Server: self, Origin: "expiry"},
		feed.Event{At: feed.At(start), Name: "peer.suspect", Server: other},
	})
	get := func(query string) (status int, answer struct {
		Items []event
		Next  *string `json:"next_cursor"`
		Total int
		Seq   uint64
	},
	) {
		status, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/events"+query, nil)
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err, body)
		}
		return status, answer
	}
	tests := []struct {
		query string
		want  string // numbers
	}{
		{"", "1 2 3"}, {"?since=1", "2 3"}, {"?since=3", ""}, {"?since=99", "1 2 3"}, // of another life
		{"?q=event:element.removed", "2"}, {"?q=origin:expiry", "2"}, {"?q=echopool", "1 2"}, {"?q=is:problem", "3"}, {"?limit=2", "1 2"},
	}
	for _, tt := range tests {
		status, got := get(tt.query)
		var numbers []string
		for _, e := range got.Items {
			numbers = append(numbers, fmt.Sprint(e.Seq))
		}
		if have := strings.Join(numbers, " "); status != http.StatusOK || have != tt.want || got.Seq != 3 {
			t.Errorf("%q: status %d, events %q up to %d, want %q up to 3", tt.query, status, have, got.Seq, tt.want)
		}
	}
	if _, got := get("?limit=2"); got.Next == nil || *got.Next != "2" || got.Total != 3 {
		t.Errorf("of 3 events 2: next %v of %d, want 2 of 3", got.Next, got.Total)
	}
	if _, got := get("?since=1&limit=1"); got.Items[0].Reason != "registration life has ended" || got.Items[0].Origin != "expiry" {
		t.Errorf("removal %+v, want its origin and reason", got.Items[0])
	}
	for _, query := range []string{"?since=x", "?limit=0", "?limit=20001", "?format=xml", "?q=foo:1", "?last=3"} {
		if status, _, _ := do(t, http.MethodGet, s.URL+"/api/v1/events"+query, nil); status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", query, status)
		}
	}
	_, body, header := do(t, http.MethodGet, s.URL+"/api/v1/events?format=jsonl&limit=1", nil)
	if lines := strings.Split(strings.TrimSpace(body), "\n"); len(lines) != 3 || !json.Valid([]byte(lines[2])) || !strings.Contains(header.Get("Content-Disposition"), ".jsonl") {
		t.Errorf("as lines: %q, %v", body, header)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	const most = 100
	h := history{most: most}
	var dropped uint64
	for range most + 5 {
		_, n := h.add(feed.Event{})
		dropped += n
	}
	all := h.since(0)
	if len(all) != most || all[0].Number != 6 || all[len(all)-1].Number != most+5 {
		t.Errorf("%d events from %d on, want the latest %d", len(all), all[0].Number, most)
	}
	if dropped != 5 {
		t.Errorf("%d events dropped, want 5", dropped)
	}
	if got := h.since(most + 3); len(got) != 2 || got[0].Number != most+4 {
		t.Errorf("since the third last: %d events", len(got))
	}
}
