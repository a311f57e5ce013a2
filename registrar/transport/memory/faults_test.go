package memory_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
)

func listen(t *testing.T, n *memory.Network, addr netip.Addr) transport.Listener {
	t.Helper()
	l, err := n.Transport(addr).Listen(transport.Config{Local: transport.Address{Port: 9901}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// inBubble runs test in virtual time, with one association over n.
func inBubble(t *testing.T, test func(t *testing.T, n *memory.Network, a, b transport.Association)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memory.NewNetwork()
		la, lb := listen(t, n, addrA), listen(t, n, addrB)
		a, b := transporttest.Connect(t, la, lb)
		test(t, n, a, b)
		if err := errors.Join(la.Close(), lb.Close()); err != nil {
			t.Error(err)
		}
	})
}

func send(t *testing.T, s transport.Association, text string) {
	t.Helper()
	if err := s.Send(t.Context(), transport.Message{PPID: 1, Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

// TestCut: a cut link ends associations with ErrLost when the heartbeats have
// been missed, and not before.
func TestCut(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memory.Network, a, b transport.Association) {
		start := time.Now()
		n.Cut(addrB, addrA)
		send(t, a, "into the void")
		<-a.Done()
		<-b.Done()
		want := transport.DefaultHeartbeat * (transport.DefaultMaxMissed + 1)
		if took := time.Since(start); took != want {
			t.Errorf("found lost after %v, want %v", took, want)
		}
		for _, s := range []transport.Association{a, b} {
			if !errors.Is(s.Err(), transport.ErrLost) {
				t.Errorf("want ErrLost, got %v", s.Err())
			}
		}
		if _, err := b.Recv(t.Context()); !errors.Is(err, transport.ErrLost) {
			t.Errorf("nothing can have arrived: %v", err)
		}
	})
}

// TestHeal: what was sent over a cut link arrives when it heals in time.
func TestHeal(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memory.Network, a, b transport.Association) {
		n.Cut(addrA, addrB)
		send(t, a, "late")
		ctx, cancel := context.WithTimeout(t.Context(), transport.DefaultHeartbeat)
		defer cancel()
		if _, err := b.Recv(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("over a cut link: %v", err)
		}
		n.Heal(addrA, addrB)
		if m, err := b.Recv(t.Context()); err != nil || string(m.Data) != "late" {
			t.Errorf("after Heal: %q, %v", m.Data, err)
		}
		time.AfterFunc(time.Hour, func() { a.Abort("enough") })
		<-b.Done()
		if !errors.Is(b.Err(), transport.ErrAborted) {
			t.Errorf("the healed association lasted until aborted, want ErrAborted, got %v", b.Err())
		}
	})
}

// TestHalfEnded: an end whose peer ended behind a cut link hears of it when the
// link heals.
func TestHalfEnded(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memory.Network, a, b transport.Association) {
		n.Cut(addrA, addrB)
		a.Abort("unheard")
		synctest.Wait()
		if b.Err() != nil {
			t.Fatalf("an ABORT came over a cut link: %v", b.Err())
		}
		n.Heal(addrA, addrB)
		<-b.Done()
		if !errors.Is(b.Err(), transport.ErrAborted) {
			t.Errorf("want ErrAborted, got %v", b.Err())
		}
	})
}

// TestAbort: the network ends all associations between two hosts, and others not.
func TestAbort(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memory.Network, a, b transport.Association) {
		addrC := netip.MustParseAddr("192.0.2.3")
		lc := listen(t, n, addrC)
		defer lc.Close()
		ld, err := n.Transport(addrA).Listen(transport.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer ld.Close()
		c, _ := transporttest.Connect(t, ld, lc)
		n.Abort(addrB, addrA)
		for _, s := range []transport.Association{a, b} {
			<-s.Done()
			if !errors.Is(s.Err(), transport.ErrAborted) {
				t.Errorf("want ErrAborted, got %v", s.Err())
			}
		}
		if c.Err() != nil {
			t.Errorf("between other hosts: %v", c.Err())
		}
	})
}

// TestDialOverCut: a dial waits for the link, as long as it may.
func TestDialOverCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memory.NewNetwork()
		la, lb := listen(t, n, addrA), listen(t, n, addrB)
		defer la.Close()
		defer lb.Close()
		n.Cut(addrA, addrB)
		start := time.Now()
		if _, err := la.Dial(t.Context(), transporttest.AddressOf(lb)); !errors.Is(err, transport.ErrLost) {
			t.Errorf("want ErrLost, got %v", err)
		}
		if took := time.Since(start); took != transport.DefaultHandshakeTimeout {
			t.Errorf("gave up after %v", took)
		}
		time.AfterFunc(time.Second, func() { n.Heal(addrA, addrB) })
		if _, err := la.Dial(t.Context(), transporttest.AddressOf(lb)); err != nil {
			t.Errorf("after Heal: %v", err)
		}
	})
}

func TestListenErrors(t *testing.T) {
	n := memory.NewNetwork()
	host := n.Transport(addrA)
	if host.Name() != "memory" {
		t.Errorf("Name: %q", host.Name())
	}
	if _, err := host.Listen(transport.Config{Local: transport.Address{Addrs: []netip.Addr{addrB}}}); err == nil {
		t.Error("a listener on another host's address")
	}
	l, err := host.Listen(transport.Config{Local: transport.Address{Addrs: []netip.Addr{addrA}}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Dial(t.Context(), transport.Address{Port: 1}); err == nil {
		t.Error("a dial without an address")
	}
}
