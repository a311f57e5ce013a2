package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// story makes a user's lines: s3 is request 3, r3 its answer, f a failover, x the end
// of the session. A second passes between two of them.
func story(text string) string {
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		at := time.Unix(int64(i), 0).UTC().Format(time.RFC3339)
		event, more := map[byte]string{'s': "sent", 'r': "received", 'f': "failover", 'x': "failed"}[word[0]], ""
		switch word[0] {
		case 's':
			more = fmt.Sprintf(`, "text": "ping %s"`, word[1:])
		case 'r':
			more = fmt.Sprintf(`, "text": "pong %s from 0x1, 1 in this session"`, word[1:])
		case 'x':
			more = `, "error": "no element left"`
		}
		fmt.Fprintf(&b, "{\"time\": %q, \"event\": %q%s}\n", at, event, more)
	}
	return b.String()
}

func TestSession(t *testing.T) {
	for _, c := range []struct {
		name, story string
		want        session // without what it keeps for itself
		fault       string
	}{
		{"quiet", "s1 r1 s2 r2", session{Requests: 2, Slowest: time.Second}, ""},
		{"a request that has just been made", "s1 r1 s2 r2 s3", session{Requests: 3, Slowest: time.Second}, ""},
		{"failover with a request", "s1 f r1", session{Requests: 1, Failovers: 1, Slowest: 2 * time.Second}, ""},
		{"answered twice after a failover", "s1 f r1 r1 s2 r2", session{Requests: 2, Failovers: 1, Repeated: 1, Slowest: 2 * time.Second}, ""},
		{"the second answer comes late", "s1 f r1 s2 r2", session{Requests: 2, Failovers: 1, Slowest: 2 * time.Second}, ""},
		{"answered twice without one", "s1 r1 r1", session{Requests: 1, Slowest: time.Second}, `answer "pong 1`},
		{"three times after one", "s1 f r1 r1 r1", session{Requests: 1, Failovers: 1, Repeated: 1, Slowest: 2 * time.Second}, `answer "pong 1`},
		{"an answer is missing", "s1 s2 r2", session{Requests: 2}, `after request 2 and an answer to 0`},
		{"lost", "s1 r1 s2 x", session{Requests: 2, Slowest: time.Second}, "the session failed at 00:00:03: no element left"},
		{"nothing came of it", "f", session{Failovers: 1}, "it made no request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s session
			if err := lines(strings.NewReader(story(c.story)), s.take); err != nil {
				t.Fatal(err)
			}
			s.end(time.Unix(int64(len(strings.Fields(c.story))), 0), 5*time.Second)
			if s.String() != c.want.String() {
				t.Errorf("have %v, want %v", &s, &c.want)
			}
			if have := strings.Join(s.Faults, "\n"); (c.fault == "") != (have == "") || !strings.Contains(have, c.fault) {
				t.Errorf("faults %q, want %q", have, c.fault)
			}
		})
	}
}

// TestOpenRequest: the last request may be open, but not for long.
func TestOpenRequest(t *testing.T) {
	var s session
	if err := lines(strings.NewReader(story("s1 r1 s2")), s.take); err != nil {
		t.Fatal(err)
	}
	s.end(time.Unix(8, 0), 5*time.Second)
	if len(s.Faults) != 1 || !strings.Contains(s.Faults[0], "request 2 has no answer after 6s") {
		t.Errorf("faults %q", s.Faults)
	}
}

func TestLiving(t *testing.T) {
	const text = `{"event": "registered", "pool": "P", "id": "0x1"}
{"event": "registered", "pool": "P", "id": "0x2"}
{"event": "registered", "pool": "P", "id": "0x3"}
{"event": "removed", "pool": "P", "id": "0x1"}
{"event": "deregistered", "pool": "P", "id": "0x2"}
{"event": "regis`
	all := make(living)
	if err := lines(strings.NewReader(text), all.take); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || !all[element{"P", "0x1"}] || !all[element{"P", "0x3"}] {
		t.Errorf("living are %v", all)
	}
	if err := lines(strings.NewReader("{\n{}\n"), all.take); err == nil {
		t.Error("a broken line in the middle is no error")
	}
}
