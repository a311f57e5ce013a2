package transporttest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// checkEnded checks that s has ended with want, and for good.
func checkEnded(t *testing.T, e Env, s transport.Association, want error) {
	t.Helper()
	waitDone(t, s)
	ctx := testContext(t)
	first := s.Err()
	if !errors.Is(first, want) {
		t.Errorf("Err: want %v, got %v", want, first)
	}
	for range 3 {
		if _, err := s.Recv(ctx); !errors.Is(err, want) {
			t.Errorf("Recv after the end: want %v, got %v", want, err)
		}
		if err := s.Send(ctx, e.message(1, []byte("x"))); !errors.Is(err, want) {
			t.Errorf("Send after the end: want %v, got %v", want, err)
		}
	}
	s.Abort("again") // must not panic, nor change anything
	_ = s.Shutdown(ctx)
	if err := s.Err(); !errors.Is(err, first) {
		t.Errorf("Err has changed from %v to %v", first, err)
	}
}

func testShutdown(t *testing.T, e Env) {
	const count = 20
	a, b := connected(t, e)
	for i := range count {
		send(t, a, e.message(uint32(i), pattern(5000)))
	}
	if err := a.Shutdown(testContext(t)); err != nil {
		t.Fatalf("Shutdown: %v", err)
	}
	checkEnded(t, e, a, transport.ErrClosed)
	waitDone(t, b)
	for i := range count {
		if m := recv(t, b); m.PPID != e.ppid(uint32(i)) || len(e.data(m)) != 5000 {
			t.Fatalf("message %d of %d after the end: got PPID %d", i, count, m.PPID)
		}
	}
	checkEnded(t, e, b, transport.ErrShutdown)
}

func testShutdownBoth(t *testing.T, e Env) {
	a, b := connected(t, e)
	ctx := testContext(t)
	results := make(chan error, 2)
	for _, s := range []transport.Association{a, b} {
		go func() { results <- s.Shutdown(ctx) }()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	for _, s := range []transport.Association{a, b} {
		waitDone(t, s)
		if err := s.Err(); !errors.Is(err, transport.ErrClosed) && !errors.Is(err, transport.ErrShutdown) {
			t.Errorf("want ErrClosed or ErrShutdown, got %v", err)
		}
	}
}

// testShutdownTimeout: what cannot be delivered in time ends with an abort.
func testShutdownTimeout(t *testing.T, e Env) {
	a, b := connected(t, e)
	for { // fill everything up to the reader that is not there
		// Long enough that a slow host is not taken for a full way.
		ctx, cancel := context.WithTimeout(testContext(t), 500*time.Millisecond)
		err := a.Send(ctx, e.message(1, pattern(60000)))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(testContext(t), 100*time.Millisecond)
	defer cancel()
	if err := a.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: want DeadlineExceeded, got %v", err)
	}
	checkEnded(t, e, a, transport.ErrClosed)
	waitDone(t, b)
	if err := b.Err(); !errors.Is(err, transport.ErrAborted) {
		t.Errorf("peer: want ErrAborted, got %v", err)
	}
}

func testAbort(t *testing.T, e Env) {
	a, b := connected(t, e)
	ctx := testContext(t)
	blocked := make(chan error, 1)
	go func() {
		_, err := b.Recv(ctx)
		blocked <- err
	}()
	a.Abort("no more of this")
	checkEnded(t, e, a, transport.ErrClosed)
	if err := <-blocked; !errors.Is(err, transport.ErrAborted) {
		t.Errorf("blocked Recv: want ErrAborted, got %v", err)
	}
	checkEnded(t, e, b, transport.ErrAborted)
	if err := b.Err(); !e.Stream && !strings.Contains(err.Error(), "no more of this") && (!e.Curt || !strings.Contains(err.Error(), "closed")) {
		t.Errorf("the reason is missing in %q", err)
	}
}

// testLost: a peer that falls silent is found, idle or with data on the way.
func testLost(t *testing.T, e Env) {
	la, lb := listen(t, e.A, quick(e.A)), listen(t, e.B, quick(e.B))
	to, cut := e.Breakable(lb)
	ctx := testContext(t)
	a, err := la.Dial(ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	b, err := lb.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	send(t, a, e.message(1, []byte("alive")))
	recv(t, b)
	cut()
	send(t, a, e.message(1, []byte("into the void")))
	checkEnded(t, e, a, transport.ErrLost)
	checkEnded(t, e, b, transport.ErrLost)
}

func testClose(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	a, b := Connect(t, la, lb)
	if err := la.Close(); err != nil {
		t.Fatal(err)
	}
	checkEnded(t, e, a, transport.ErrClosed)
	checkEnded(t, e, b, transport.ErrAborted)
	ctx := testContext(t)
	if _, err := la.Accept(ctx); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Accept after Close: want ErrClosed, got %v", err)
	}
	if _, err := la.Dial(ctx, AddressOf(lb)); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Dial after Close: want ErrClosed, got %v", err)
	}
	if err := la.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func testCloseWakes(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	a, _ := Connect(t, la, lb)
	ctx := testContext(t)
	results := make(chan error, 2)
	go func() {
		_, err := la.Accept(ctx)
		results <- err
	}()
	go func() {
		_, err := a.Recv(ctx)
		results <- err
	}()
	if err := la.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-results; !errors.Is(err, transport.ErrClosed) {
			t.Errorf("want ErrClosed, got %v", err)
		}
	}
}
