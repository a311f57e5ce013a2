package inbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
)

func message(ppid uint32, size int) transport.Message {
	return transport.Message{PPID: ppid, Data: make([]byte, size)}
}

// TestOrderAndLimit: Put waits while the limit is reached, and order is kept.
func TestOrderAndLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := inbox.New(300)
		put := 0
		go func() {
			for i := range 10 {
				if q.Put(t.Context(), message(uint32(i), 40)) == nil {
					put++
				}
			}
			q.End()
		}()
		synctest.Wait()
		if put != 3 { // 0, 104 and 208 bytes were below the limit
			t.Errorf("%d messages of 40 bytes went in, want 3", put)
		}
		if q.TryPut(message(99, 1)) {
			t.Error("TryPut into a full inbox")
		}
		for i := range uint32(10) {
			m, err := q.Get(t.Context())
			if err != nil || m.PPID != i {
				t.Fatalf("message %d: got %d, %v", i, m.PPID, err)
			}
		}
		if _, err := q.Get(t.Context()); !errors.Is(err, inbox.ErrEnded) {
			t.Errorf("after the end: want ErrEnded, got %v", err)
		}
	})
}

func TestContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := inbox.New(1)
		results := make(chan error, 2)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := q.Get(ctx)
			results <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("Get: want Canceled, got %v", err)
		}
		if err := q.Put(t.Context(), message(1, 500)); err != nil {
			t.Errorf("a message larger than the limit into an empty inbox: %v", err)
		}
		if err := q.Put(ctx, message(2, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("Put into a full inbox: want Canceled, got %v", err)
		}
		if m, err := q.Get(ctx); err != nil || m.PPID != 1 {
			t.Errorf("what is there is there for an ended context too: %v, %v", m.PPID, err)
		}
	})
}

// TestFlushAndEnd: Flush lifts the limit for those who wait, End wakes all.
func TestFlushAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := inbox.New(1)
		results := make(chan error, 3)
		for i := range 3 {
			go func() { results <- q.Put(t.Context(), message(uint32(i), 10)) }()
		}
		synctest.Wait()
		if len(results) != 1 {
			t.Fatalf("%d of 3 went in before Flush, want 1", len(results))
		}
		q.Flush()
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		q.End()
		q.End()
		if err := q.Put(t.Context(), message(9, 1)); !errors.Is(err, inbox.ErrEnded) {
			t.Errorf("Put after End: want ErrEnded, got %v", err)
		}
		for range 3 {
			if _, err := q.Get(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if _, err := q.Get(t.Context()); !errors.Is(err, inbox.ErrEnded) {
			t.Errorf("want ErrEnded, got %v", err)
		}
		if q.TryPut(message(9, 1)) {
			t.Error("TryPut after End")
		}
		woken := inbox.New(1)
		if !woken.TryPut(message(1, 1)) {
			t.Error("TryPut into an empty inbox")
		}
		if _, err := woken.Get(t.Context()); err != nil {
			t.Error(err)
		}
		go func() {
			_, err := woken.Get(t.Context())
			results <- err
		}()
		synctest.Wait()
		woken.End()
		if err := <-results; !errors.Is(err, inbox.ErrEnded) {
			t.Errorf("waiting Get: want ErrEnded, got %v", err)
		}
	})
}
