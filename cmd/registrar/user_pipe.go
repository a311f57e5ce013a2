package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"rserpool/registrar/endpoint"
)

// pipe sends the lines of input until it ends and the answers are in, or until the
// element ends the session.
func (t *talk) pipe(ctx context.Context, input io.Reader) error {
	came := make(chan struct{}, 1)
	show := t.received
	t.received = func(b []byte) {
		show(b)
		select {
		case came <- struct{}{}:
		default:
		}
	}
	go t.receive()
	defer t.flush()
	sent := make(chan error, 1)
	go func() { sent <- t.sendLines(input) }()

	var quiet *time.Timer // runs once the input has ended
	var drained <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return errInterrupted
		case err := <-sent:
			if errors.Is(err, endpoint.ErrEnded) {
				continue // what the element has said before comes first
			}
			if err != nil {
				return err
			}
			quiet = time.NewTimer(t.drain)
			defer quiet.Stop()
			drained = quiet.C
		case <-came:
			if quiet != nil {
				quiet.Reset(t.drain)
			}
		case <-drained:
			return nil
		case err := <-t.ended:
			if errors.Is(err, io.EOF) {
				t.closed(t.session.Element())
				return nil
			}
			return t.broken(err)
		}
	}
}

// sendLines sends line by line, each in one message where there are messages.
func (t *talk) sendLines(input io.Reader) error {
	lines := bufio.NewReaderSize(input, readSize)
	for {
		line, err := lines.ReadSlice('\n') // one that is too long goes in pieces
		if len(line) > 0 {
			if err := t.ask(line); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("cannot read the input: %w", err)
		}
	}
}
