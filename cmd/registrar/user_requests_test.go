package main

import (
	"bytes"
	"testing"
	"time"
)

// TestRepeat: what goes to the next element. A line of the input that has had no answer
// for long will get none, as with discard; for a request of --send, somebody waits.
func TestRepeat(t *testing.T) {
	for _, c := range []struct {
		name string
		o    userOptions
		age  time.Duration
		want string
	}{
		{"a line of the input", userOptions{timeout: 5 * time.Second}, repeatWithin / 2, "a\n"},
		{"an old one", userOptions{timeout: 5 * time.Second}, 2 * repeatWithin, ""},
		{"a request", userOptions{send: "a", timeout: 5 * time.Second}, repeatWithin / 2, "a\n"},
		{"one that has time", userOptions{send: "a", timeout: time.Minute}, 2 * repeatWithin, "a\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk := &talk{userOptions: &c.o}
			talk.open = []*request{{text: []byte("a\n"), at: time.Now().Add(-c.age), written: true}}
			talk.size = len("a\n")
			var to bytes.Buffer
			talk.repeat(&to)
			if to.String() != c.want {
				t.Errorf("the next element gets %q, want %q", to.String(), c.want)
			}
		})
	}
}
