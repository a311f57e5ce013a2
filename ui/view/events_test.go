package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
)

// happened is a scope with events of the last hours, one of each age.
func happened(ages ...time.Duration) *scope {
	s := newScope()
	for i, ago := range ages {
		name := "element.registered"
		if i%2 == 1 {
			name = "element.refused"
		}
		s.Apply(feed.Event{At: feed.At(s.now.Add(-ago)), Number: uint64(i + 1), Name: name, Handle: "EchoPool", Element: 7, Actor: "192.0.2.200", Origin: "operator"})
	}
	return s
}

// The page looks as far back as it is told, and its address says so.
func TestEventsSince(t *testing.T) {
	s := happened(3*time.Hour, 59*time.Minute, 14*time.Minute, 4*time.Minute, 10*time.Second)
	for _, tt := range []struct {
		query, path string
		rows        int
		chart       string
	}{
		{"", "events", 5, "4 events in the last 1 h, 2 problems among them; at most 1 in 1 min"},
		{"since=1h", "events?since=1h", 4, "4 events in the last 1 h, 2 problems among them; at most 1 in 1 min"},
		{"since=15m", "events?since=15m", 3, "3 events in the last 15 min, 1 problem among them; at most 1 in 15 s"},
		{"since=5m&q=is:problem", "events?q=is%3Aproblem&since=5m", 1, "1 event in the last 5 min, 1 problem among them; at most 1 in 5 s"},
		{"since=7m", "events", 5, "4 events in the last 1 h, 2 problems among them; at most 1 in 1 min"},
	} {
		q, ok := Route("events", tt.query)
		p := Build(s.Replica, s.now, q)
		if !ok || q.Path() != tt.path || len(p.Events.Rows) != tt.rows || p.Events.Chart != tt.chart {
			t.Errorf("%q: path %s, %d rows, %q; want %s, %d, %q", tt.query, q.Path(), len(p.Events.Rows), p.Events.Chart, tt.path, tt.rows, tt.chart)
		}
		if n := len(p.Events.Bars); n != eventBars {
			t.Errorf("%q: %d bars", tt.query, n)
		}
	}
	var links []string
	for _, c := range Build(s.Replica, s.now, Query{Kind: Events, Filter: "x", Since: time.Hour, Rows: 400}).Events.Since() {
		links = append(links, c.Label+" "+c.URL+" "+c.Aria())
	}
	want := []string{"All ./events?q=x ", "1 h ./events?q=x&since=1h true", "15 min ./events?q=x&since=15m ", "5 min ./events?q=x&since=5m "}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
	p := Build(happened(time.Hour).Replica, s.now, Query{Kind: Events, Since: 5 * time.Minute})
	if want := "Nothing has happened in the last 5 min."; p.Events.Table.Nothing != want {
		t.Errorf("%q, want %q", p.Events.Table.Nothing, want)
	}
}

// A page that does not follow counts what is new.
func TestEventsFollow(t *testing.T) {
	s := happened(3*time.Minute, 2*time.Minute, time.Minute)
	p := Build(s.Replica, s.now, Query{Kind: Events}).Events
	if len(p.Rows) != 3 || p.New != "" || p.Follow() != "true" || p.Rows[0].Who != "192.0.2.200" {
		t.Errorf("%d rows, %q new, follow %s, the newest by %s", len(p.Rows), p.New, p.Follow(), p.Rows[0].Who)
	}
	p = Build(s.Replica, s.now, Query{Kind: Events, Upto: 1}).Events
	if len(p.Rows) != 1 || p.New != "2 new, show them" || p.Follow() != "false" || !strings.HasPrefix(p.Rows[0].Time, "15:18:07") {
		t.Errorf("%d rows, %q new, follow %s, the newest of %s", len(p.Rows), p.New, p.Follow(), p.Rows[0].Time)
	}
}
