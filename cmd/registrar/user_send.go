package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sendRequests makes the requests of --send, and says how it went.
func (t *talk) sendRequests(ctx context.Context) error {
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
	wrote := make(chan error, 1)
	go func() { wrote <- t.ask(text) }() // it may wait for another element
	for {
		select {
		case err := <-wrote:
			if err != nil {
				return 0, err
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
