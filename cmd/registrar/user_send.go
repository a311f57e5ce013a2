package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// requests are those of --send, one at a time. Its fields are guarded by the
// talk's lock.
type requests struct {
	// text is the request that has no answer yet, nil for none.
	text []byte
	// written: an element has taken it. Until then it goes to the next element by
	// itself.
	written bool
	// answered gets a value for each request.
	answered chan struct{}
	lines    lineCutter
}

// sendRequests makes the requests of --send, and says how it went.
func (t *talk) sendRequests(ctx context.Context) error {
	t.answered = make(chan struct{}, 1)
	show := t.received
	t.received = func(b []byte) {
		show(b)
		t.answer(b)
	}
	go t.receive()
	var total summary
	err := t.makeRequests(ctx, &total)
	t.mu.Lock()
	total.failovers = t.failovers
	t.mu.Unlock()
	t.summarize(total)
	return err
}

func (t *talk) makeRequests(ctx context.Context, total *summary) error {
	for n := 1; ; n++ {
		total.sent++
		took, err := t.request(ctx, []byte(strings.ReplaceAll(t.send, "{n}", strconv.Itoa(n))+"\n"))
		if err != nil {
			return err
		}
		total.answered++
		total.slowest = max(total.slowest, took)
		if n == t.count {
			return nil
		}
		if !sleep(ctx, t.interval) {
			return errInterrupted
		}
	}
}

// request sends a text and waits for its answer.
func (t *talk) request(ctx context.Context, text []byte) (time.Duration, error) {
	began := time.Now()
	limit := time.NewTimer(t.timeout)
	defer limit.Stop()
	t.mu.Lock()
	t.text, t.written = text, false
	t.mu.Unlock()
	t.sent(text)
	wrote := make(chan error, 1)
	go func() { // it may wait for another element
		_, err := t.session.Write(text)
		t.mu.Lock()
		t.written = true
		t.mu.Unlock()
		wrote <- err
	}()
	for {
		select {
		case err := <-wrote:
			if err != nil {
				return 0, t.broken(err)
			}
			wrote = nil
		case <-t.answered:
			return time.Since(began), nil
		case err := <-t.ended:
			return 0, t.broken(err)
		case <-limit.C:
			return 0, fail(exitTimeout, fmt.Errorf("no answer to %q within %v", bytes.TrimSpace(text), t.timeout))
		case <-ctx.Done():
			return 0, errInterrupted
		}
	}
}

// answer takes what an element sent: a line answers the request. One that comes
// when there is none is left over from an element that had failed.
func (t *talk) answer(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines.cut(b, func([]byte) {
		if t.text != nil {
			t.text = nil
			t.answered <- struct{}{} // has room: there is one request
		}
	})
}

// repeat sends the next element the request that the one before has not answered.
func (t *talk) repeat(to io.Writer) {
	t.lines.drop()
	if t.text != nil && t.written {
		to.Write(t.text) //nolint:errcheck // where it fails there is another failover
	}
}

// lineCutter cuts a stream into lines.
type lineCutter struct{ partial []byte }

// cut hands each whole line to each, without its end.
func (l *lineCutter) cut(b []byte, each func([]byte)) {
	for {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			break
		}
		line = bytes.TrimSuffix(append(l.partial, line...), []byte("\r"))
		each(line)
		l.partial, b = l.partial[:0], rest
	}
	if l.partial = append(l.partial, b...); len(l.partial) > readSize { // no line is that long
		each(l.partial)
		l.partial = nil
	}
}

// drop forgets the beginning of a line that will not be ended.
func (l *lineCutter) drop() { l.partial = l.partial[:0] }
