package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport/memory"
)

func TestAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memory.NewNetwork(), idA, hostA)
		goOn := make(chan struct{})
		c.Publish = func(time.Time, []feed.Message) { <-goOn }
		n, err := node.Start(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		ask := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return n.Alive(ctx)
		}
		if err := ask(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a registrar that hangs: %v, want %v", err, context.DeadlineExceeded)
		}
		close(goOn)
		if err := ask(); err != nil {
			t.Errorf("a registrar that goes on: %v", err)
		}
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ask(); !errors.Is(err, node.ErrStopped) {
			t.Errorf("a registrar that has stopped: %v, want %v", err, node.ErrStopped)
		}
	})
}
