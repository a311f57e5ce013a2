package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/feed"
	"rserpool/web"
)

// Above the limit the connection that has waited longest for its request gives way,
// never one that is being answered.
func TestConns(t *testing.T) {
	all := make([]net.Conn, 5)
	for i := range all {
		all[i], _ = net.Pipe()
	}
	hub := web.NewHub(feed.Hello{}, web.DefaultLimits(), slog.New(slog.DiscardHandler))
	c := newConns(3, hub)
	for i, step := range []struct {
		conn  int
		state http.ConnState
		over  int // -1 is none
	}{
		{0, http.StateNew, -1},
		{1, http.StateNew, -1},
		{0, http.StateActive, -1},
		{2, http.StateNew, -1},
		{3, http.StateNew, 1},
		{1, http.StateClosed, -1},
		{0, http.StateIdle, -1},
		{2, http.StateActive, -1},
		{4, http.StateNew, 3},
		{3, http.StateClosed, -1},
		{0, http.StateActive, -1},
		{4, http.StateActive, -1},
		{1, http.StateNew, 1}, // all others are being answered
		{1, http.StateClosed, -1},
		{4, http.StateHijacked, -1},
		{3, http.StateNew, -1},
	} {
		var want net.Conn
		if step.over >= 0 {
			want = all[step.over]
		}
		if over := c.move(all[step.conn], step.state); over != want {
			t.Fatalf("step %d: %v gives way, want %v", i, over, want)
		}
	}
	if c.open != 3 || c.waiting.Len() != 1 || len(c.places) != 1 {
		t.Errorf("%d open, %d waiting, %d places, want 3, 1 and 1", c.open, c.waiting.Len(), len(c.places))
	}
}

// A reader may be slow, and an answer long; who reads nothing is cut off.
func TestPatientConn(t *testing.T) {
	for _, reads := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			var reader sync.WaitGroup
			reader.Go(func() {
				for b := make([]byte, pieceSize); reads; time.Sleep(unreadTime / 2) {
					if _, err := near.Read(b); err != nil {
						return
					}
				}
			})
			began := time.Now()
			n, err := patientConn{far}.Write(make([]byte, 10*pieceSize))
			far.Close()
			took := time.Since(began)
			if reads && (err != nil || n != 10*pieceSize || took < 2*unreadTime) {
				t.Errorf("a slow reader: %d bytes in %v, %v", n, took, err)
			}
			if !reads && (!errors.Is(err, os.ErrDeadlineExceeded) || took != unreadTime) {
				t.Errorf("no reader: %v after %v", err, took)
			}
			reader.Wait()
			near.Close()
		})
	}
}
