package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nhooyr.io/websocket"

	"rserpool/registrar/feed"
)

const (
	subprotocol = "rserpool.feed.v1"
	// sequenceLen is the message that ends each frame.
	sequenceLen = 20
	// maxFrame is more than a registrar sends.
	maxFrame = 4 << 20
)

// dial opens a feed; after is where to go on, empty for a snapshot.
func dial(ctx context.Context, url, after string) (*websocket.Conn, error) {
	url = "ws" + strings.TrimPrefix(url, "http") + "/api/v1/feed"
	if after != "" {
		url += "?after=" + after
	}
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{subprotocol}}) //nolint:bodyclose // the library does
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxFrame)
	return conn, nil
}

// receive reads one frame and confirms it, as the page does once it has applied it.
func receive(ctx context.Context, conn *websocket.Conn) (frame []byte, at feed.Sequence, err error) {
	_, frame, err = conn.Read(ctx)
	if err != nil {
		return nil, at, err
	}
	list, err := feed.Parse(frame[max(len(frame)-sequenceLen, 0):])
	if err != nil || len(list) != 1 {
		return nil, at, fmt.Errorf("a frame without an end: %w", err)
	}
	at, ok := list[0].(feed.Sequence)
	if !ok {
		return nil, at, fmt.Errorf("a frame ends in %T", list[0])
	}
	answer, err := feed.Append(nil, feed.Applied{Number: at.Number})
	if err != nil {
		return nil, at, err
	}
	return frame, at, conn.Write(ctx, websocket.MessageBinary, answer)
}

// snapshot fetches all once, and gives its bytes.
func snapshot(ctx context.Context, url string) (size int, err error) {
	conn, err := dial(ctx, url, "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		frame, at, err := receive(ctx, conn)
		if err != nil {
			return 0, err
		}
		size += len(frame)
		if at != (feed.Sequence{}) {
			return size, nil
		}
	}
}

// crowd are clients that follow the feed until ctx ends. ready is called when each of
// them has its snapshot.
func crowd(ctx context.Context, url string, n int, ready func()) error {
	ends := make(chan error, n)
	synced := make(chan struct{}, n)
	for range n {
		go func() { ends <- follow(ctx, url, synced) }()
	}
	var failed error
	for waiting, running := n, n; running > 0; {
		select {
		case <-synced:
			if waiting--; waiting == 0 {
				ready()
			}
		case err := <-ends:
			running--
			if ctx.Err() == nil && err != nil {
				failed = errors.Join(failed, err)
			}
		}
	}
	return failed
}

func follow(ctx context.Context, url string, synced chan<- struct{}) error {
	conn, err := dial(ctx, url, "")
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	for known := false; ; {
		_, at, err := receive(ctx, conn)
		if err != nil {
			return err
		}
		if !known && at != (feed.Sequence{}) {
			known = true
			synced <- struct{}{}
		}
	}
}
