package main

import (
	"bytes"
	"io"
	"slices"
	"time"
)

const (
	// repeatWithin is how old a line without an answer may be to be sent again after
	// a failover. What was not answered for longer than any failover takes will
	// not be: discard answers nothing.
	repeatWithin = 5 * time.Second
	// maxUnanswered is how many bytes of lines are kept for that: an element that
	// answers while it is sent them must not have to wait for a reader.
	maxUnanswered = 64 << 10
)

// requests are the lines without an answer, oldest first: a line of the element
// answers the oldest. Its fields are guarded by the talk's lock.
type requests struct {
	open []*request
	size int // of their texts
	// answered gets a value for each request of --send.
	answered chan struct{}
	lines    lineCutter
}

type request struct {
	text []byte
	at   time.Time
	// written: an element has taken it. Until then it goes to the next element by
	// itself.
	written bool
}

// ask sends a line, to the next element if it has to be.
func (t *talk) ask(text []byte) error {
	r := &request{text: bytes.Clone(text), at: time.Now()}
	t.mu.Lock()
	t.open = append(t.open, r)
	for t.size += len(text); t.size > maxUnanswered; {
		t.dropOldest()
	}
	t.mu.Unlock()
	t.sent(text)
	_, err := t.session.Write(text)
	t.mu.Lock()
	r.written = true
	t.mu.Unlock()
	if err != nil {
		return t.broken(err)
	}
	return nil
}

// dropOldest is called with mu held.
func (t *talk) dropOldest() {
	t.size -= len(t.open[0].text)
	t.open = slices.Delete(t.open, 0, 1)
}

// answer takes what an element sent. A line that comes when there is no request is
// left over from an element that had failed.
func (t *talk) answer(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines.cut(b, func([]byte) {
		if len(t.open) == 0 {
			return
		}
		t.dropOldest()
		select {
		case t.answered <- struct{}{}:
		default: // nobody waits for it
		}
	})
}

// repeat sends the next element what the one before has not answered, and counts
// that. It is called with mu held.
func (t *talk) repeat(to io.Writer) (n int) {
	t.lines.drop()
	within := repeatWithin
	if t.send != "" { // somebody waits for the answer, and no longer than that
		within = t.timeout
	}
	for len(t.open) > 0 && time.Since(t.open[0].at) > within {
		t.dropOldest()
	}
	for _, r := range t.open {
		if r.written {
			to.Write(r.text) //nolint:errcheck // where it fails there is another failover
			n++
		}
	}
	return n
}
