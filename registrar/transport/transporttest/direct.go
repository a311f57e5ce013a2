package transporttest

import (
	"context"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// Direct makes all associations of a transport transport.Direct: what those that are
// none need goroutines for, it does with goroutines of its own. full says whether
// TrySend finds no room.
func Direct(t transport.Transport, full func() bool) transport.Transport {
	return directTransport{t, full}
}

type directTransport struct {
	transport.Transport
	full func() bool
}

func (t directTransport) Listen(c transport.Config) (transport.Listener, error) {
	l, err := t.Transport.Listen(c)
	if err != nil {
		return nil, err
	}
	return directListener{l, t.full}, nil
}

type directListener struct {
	transport.Listener
	full func() bool
}

func (l directListener) Accept(ctx context.Context) (transport.Association, error) {
	return l.direct(l.Listener.Accept(ctx))
}

func (l directListener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	return l.direct(l.Listener.Dial(ctx, to))
}

func (l directListener) direct(a transport.Association, err error) (transport.Association, error) {
	if err != nil {
		return nil, err
	}
	return directAssociation{a, l.full}, nil
}

type directAssociation struct {
	transport.Association
	full func() bool
}

func (a directAssociation) Tap(t transport.Tap) {
	go func() {
		for {
			m, err := a.Recv(context.Background())
			if err != nil {
				t.End()
				return
			}
			if !t.Take([]transport.Message{m}) {
				return
			}
		}
	}()
}

func (a directAssociation) TrySend(m transport.Message) bool {
	return !a.full() && a.Send(context.Background(), m) == nil
}

// tap keeps what it is given.
type tap struct {
	messages chan transport.Message
	ended    chan struct{}
}

func (t tap) Take(all []transport.Message) (more bool) {
	for _, m := range all {
		t.messages <- m
	}
	return true
}

func (t tap) End() { close(t.ended) }

// testDirect is for backends whose associations are transport.Direct: what arrived
// before the tap comes first, nothing is lost or out of order, and the end is last.
func testDirect(t *testing.T, e Env) {
	a, b := connected(t, e)
	to, ok := b.(transport.Direct)
	from, also := a.(transport.Direct)
	if !ok || !also {
		t.Skip("its associations need goroutines")
	}
	const count = 300
	for i := range byte(100) {
		send(t, a, e.message(transport.PPIDASAP, []byte{i, 0}))
	}
	taken := tap{make(chan transport.Message, count), make(chan struct{})}
	to.Tap(taken)
	sent := 100
	for end := time.Now().Add(patience); sent < count; {
		m := e.message(transport.PPIDASAP, []byte{byte(sent), byte(sent >> 8)})
		switch {
		case from.TrySend(m):
			sent++
		case time.Now().After(end):
			t.Fatalf("no room for message %d", sent)
		}
	}
	if from.TrySend(transport.Message{PPID: transport.PPIDASAP}) {
		t.Error("an empty message was sent")
	}
	for i := range count {
		select {
		case m := <-taken.messages:
			if got := e.data(m); len(got) != 2 || int(got[0])|int(got[1])<<8 != i {
				t.Fatalf("message %d is %v", i, got)
			}
		case <-time.After(patience):
			t.Fatalf("message %d does not come", i)
		}
	}
	a.Abort("enough")
	select {
	case <-taken.ended:
	case <-time.After(patience):
		t.Fatal("the end does not come")
	}
	if to.Err() == nil {
		t.Error("no reason for the end")
	}
	if from.TrySend(e.message(transport.PPIDASAP, []byte{1})) {
		t.Error("sent over an association that has ended")
	}
}

// testPrompt is what a peer that does not read does to TrySend.
func testPrompt(t *testing.T, e Env) {
	a, b := connected(t, e)
	from, ok := a.(transport.Prompt)
	if !ok {
		t.Skip("it sends by goroutines alone")
	}
	m, sent := e.message(transport.PPIDASAP, pattern(16_000)), 0
	for from.TrySend(m) {
		if sent++; sent > 100_000 {
			t.Fatal("room for 1.6 GB that nobody reads")
		}
	}
	for range sent {
		recv(t, b)
	}
	if err := a.Send(testContext(t), m); err != nil {
		t.Error(err)
	}
	recv(t, b)
}
