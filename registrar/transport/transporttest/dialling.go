package transporttest

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/transport"
)

func testAddresses(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	if len(la.Addrs()) == 0 || la.Addrs()[0].Port() == 0 {
		t.Fatalf("Addrs: want at least one with a port, got %v", la.Addrs())
	}
	a, b := Connect(t, la, lb)
	for _, c := range []struct {
		name  string
		s     transport.Association
		here  transport.Listener
		there transport.Listener
	}{{"dialled", a, la, lb}, {"accepted", b, lb, la}} {
		if diff := cmp.Diff(e.at(a, la, c.here), c.s.Local(), cmp.Comparer(equal[netip.AddrPort])); diff != "" {
			t.Errorf("%s: Local (-want +got):\n%s", c.name, diff)
		}
		want := addressOf(e.at(a, la, c.there))
		got := c.s.Peer()
		if diff := cmp.Diff(want.Addrs, got.Addrs, cmp.Comparer(equal[netip.Addr])); diff != "" {
			t.Errorf("%s: Peer().Addrs (-want +got):\n%s", c.name, diff)
		}
		if got.Port != want.Port {
			t.Errorf("%s: Peer().Port: want %d, got %d", c.name, want.Port, got.Port)
		}
	}
}

// at is where l, one of the two, has its end of the association that dialled is
// one end of, and that from has dialled.
func (e Env) at(dialled transport.Association, from, l transport.Listener) []netip.AddrPort {
	at := slices.Clone(l.Addrs())
	if e.Stream && l == from {
		for i := range at {
			at[i] = netip.AddrPortFrom(at[i].Addr(), dialled.Local()[0].Port())
		}
	}
	return at
}

func equal[T comparable](a, b T) bool { return a == b }

func testAssociationLimit(t *testing.T, e Env) {
	limited := calm(e.B)
	limited.MaxAssociations = 2
	var full [2]atomic.Int32
	limited.Full = counted(&full)
	lb := listen(t, e.B, limited)
	ctx := testContext(t)
	for i := range 4 {
		la := listen(t, e.A, calm(e.A))
		if i >= 2 {
			e.refused(t, la, lb)
			continue
		}
		if _, err := la.Dial(ctx, AddressOf(lb)); err != nil {
			t.Fatalf("association %d of 2: %v", i+1, err)
		}
		if _, err := lb.Accept(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if associations, halfOpen := full[0].Load(), full[1].Load(); associations == 0 || halfOpen > 0 {
		t.Errorf("told %d times that there are too many associations, and %d times of half-open ones", associations, halfOpen)
	}
	// The limit is for those a listener dials as well.
	if _, err := lb.Dial(ctx, AddressOf(listen(t, e.A, calm(e.A)))); err == nil {
		t.Error("Dial above the limit: want an error")
	}
}

// refused checks that lb does not want an association of la. Where the system makes
// one before the program is asked, it is aborted at once.
func (e Env) refused(t *testing.T, la, lb transport.Listener) {
	t.Helper()
	s, err := la.Dial(testContext(t), AddressOf(lb))
	if (e.Stream || e.Late) && err == nil {
		waitDone(t, s)
		if !errors.Is(s.Err(), transport.ErrAborted) {
			t.Errorf("want ErrAborted right after the dial, got %v", s.Err())
		}
		return
	}
	if !errors.Is(err, transport.ErrRefused) {
		t.Errorf("want ErrRefused, got %v, %v", s, err)
	}
}

// counted counts what Config.Full hears: first of associations, then of half-open ones.
func counted(full *[2]atomic.Int32) func(halfOpen bool) {
	return func(halfOpen bool) {
		if halfOpen {
			full[1].Add(1)
		} else {
			full[0].Add(1)
		}
	}
}

func testBacklogLimit(t *testing.T, e Env) {
	limited := calm(e.B)
	limited.MaxHalfOpen = 1
	var full [2]atomic.Int32
	limited.Full = counted(&full)
	lb := listen(t, e.B, limited)
	ctx := testContext(t)
	first, err := listen(t, e.A, calm(e.A)).Dial(ctx, AddressOf(lb))
	if err != nil {
		t.Fatal(err)
	}
	la := listen(t, e.A, calm(e.A))
	e.refused(t, la, lb) // nobody has accepted the first
	if associations, halfOpen := full[0].Load(), full[1].Load(); halfOpen == 0 || associations > 0 {
		t.Errorf("told %d times that there are too many half-open associations, and %d times of others", halfOpen, associations)
	}
	accepted, err := lb.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if accepted.Peer().Port != first.Local()[0].Port() {
		t.Errorf("accepted port %d, want %d", accepted.Peer().Port, first.Local()[0].Port())
	}
	if _, err := la.Dial(ctx, AddressOf(lb)); err != nil {
		t.Errorf("after Accept: %v", err)
	}
}

// testDialNobody: a dial without an answer ends in time and says to whom.
func testDialNobody(t *testing.T, e Env) {
	c := calm(e.A)
	c.HandshakeTimeout = 300 * time.Millisecond
	la := listen(t, e.A, c)
	gone := listen(t, e.B, calm(e.B))
	to := AddressOf(gone)
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(testContext(t), 5*time.Second)
	defer cancel()
	_, err := la.Dial(ctx, to)
	if !errors.Is(err, transport.ErrLost) && !errors.Is(err, transport.ErrRefused) {
		t.Fatalf("want ErrLost or ErrRefused, got %v", err)
	}
	if !strings.Contains(err.Error(), to.String()) {
		t.Errorf("%q does not name %v", err, to)
	}
}

func testDialCanceled(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	to, cut := e.Breakable(lb)
	cut()
	ctx, cancel := context.WithCancel(testContext(t))
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := la.Dial(ctx, to); !errors.Is(err, context.Canceled) {
		t.Errorf("want Canceled, got %v", err)
	}
}

func testDialSelf(t *testing.T, e Env) {
	la := listen(t, e.A, calm(e.A))
	if s, err := la.Dial(testContext(t), AddressOf(la)); err == nil {
		t.Errorf("an association with itself: %v", s.Peer())
	} else if errors.Is(err, transport.ErrLost) {
		t.Errorf("want an error that names the cause, got %v", err)
	}
}

func testDialTwice(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	a, b := Connect(t, la, lb)
	ctx := testContext(t)
	if _, err := la.Dial(ctx, AddressOf(lb)); !errors.Is(err, transport.ErrExists) {
		t.Errorf("same direction: want ErrExists, got %v", err)
	}
	if _, err := lb.Dial(ctx, AddressOf(la)); !errors.Is(err, transport.ErrExists) {
		t.Errorf("other direction: want ErrExists, got %v", err)
	}
	send(t, a, e.message(1, []byte("unharmed")))
	recv(t, b)
	// Once it has ended, the ports are free for the next.
	if err := a.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	waitDone(t, b)
	a, b = Connect(t, lb, la)
	send(t, a, e.message(1, []byte("new")))
	recv(t, b)
}

// testDialEachOther: registrars dial each other from the ENRP port, so both may
// at once. One association must come of it, known to both sides.
func testDialEachOther(t *testing.T, e Env) {
	for range 25 {
		la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
		a, b := collide(t, la, lb)
		send(t, a, e.message(1, []byte("from a")))
		send(t, b, e.message(1, []byte("from b")))
		if got := recv(t, b); string(e.data(got)) != "from a" {
			t.Fatalf("b got %q", e.data(got))
		}
		if got := recv(t, a); string(e.data(got)) != "from b" {
			t.Fatalf("a got %q", e.data(got))
		}
		for _, l := range []transport.Listener{la, lb} {
			ctx, cancel := context.WithTimeout(testContext(t), time.Millisecond)
			if s, err := l.Accept(ctx); err == nil {
				t.Fatalf("a second association: %v", s.Peer())
			}
			cancel()
		}
		if err := errors.Join(la.Close(), lb.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// testDialAgain: where each dial has a port of its own, two listeners may have
// several associations, and the end of one leaves the others alone.
func testDialAgain(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	first, far := Connect(t, la, lb)
	for _, way := range [][2]transport.Listener{{la, lb}, {lb, la}} {
		a, b := Connect(t, way[0], way[1])
		send(t, a, e.message(1, []byte("another")))
		if got := recv(t, b); string(e.data(got)) != "another" {
			t.Fatalf("got %q", e.data(got))
		}
		if err := a.Shutdown(testContext(t)); err != nil {
			t.Fatal(err)
		}
		waitDone(t, b)
	}
	send(t, first, e.message(1, []byte("unharmed")))
	if got := recv(t, far); string(e.data(got)) != "unharmed" {
		t.Fatalf("got %q", e.data(got))
	}
}

// testDialBoth: two that dial each other at once have two associations.
func testDialBoth(t *testing.T, e Env) {
	la, lb := listen(t, e.A, calm(e.A)), listen(t, e.B, calm(e.B))
	a, b := collide(t, la, lb)
	for _, c := range []struct {
		dialled transport.Association
		to      transport.Listener
	}{{a, lb}, {b, la}} {
		accepted, err := c.to.Accept(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		send(t, c.dialled, e.message(1, []byte("hello")))
		if got := recv(t, accepted); string(e.data(got)) != "hello" {
			t.Fatalf("got %q", e.data(got))
		}
	}
}

// collide dials from both sides at once and returns what each side then has.
func collide(t *testing.T, la, lb transport.Listener) (a, b transport.Association) {
	t.Helper()
	ctx := testContext(t)
	var ends [2]transport.Association
	errs := make(chan error, 2)
	for i, l := range [][2]transport.Listener{{la, lb}, {lb, la}} {
		go func() {
			s, err := l[0].Dial(ctx, AddressOf(l[1]))
			if errors.Is(err, transport.ErrExists) {
				s, err = l[0].Accept(ctx)
			}
			ends[i] = s
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	return ends[0], ends[1]
}

func testPort(t *testing.T, e Env) {
	c := calm(e.A)
	l := listen(t, e.A, c)
	c.Local = AddressOf(l)
	if _, err := e.A.Transport.Listen(c); err == nil {
		t.Fatal("a second listener on the same port")
	}
	lb := listen(t, e.B, calm(e.B))
	Connect(t, l, lb)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := listen(t, e.A, c)
	if !slices.Equal(again.Addrs(), l.Addrs()) {
		t.Errorf("Addrs: want %v, got %v", l.Addrs(), again.Addrs())
	}
	// The peer may still have the association of the first listener.
	Connect(t, again, lb)
}

func testMany(t *testing.T, e Env) {
	const count = 40
	lb := listen(t, e.B, calm(e.B))
	ctx := testContext(t)
	go func() {
		for {
			s, err := lb.Accept(ctx)
			if err != nil {
				return
			}
			go func() {
				for {
					m, err := s.Recv(ctx)
					if err != nil || s.Send(ctx, m) != nil {
						return
					}
				}
			}()
		}
	}()
	errs := make(chan error, count)
	for range count {
		la := listen(t, e.A, calm(e.A))
		go func() {
			s, err := la.Dial(ctx, AddressOf(lb))
			for i := 0; i < 10 && err == nil; i++ {
				if err = s.Send(ctx, e.message(uint32(i), pattern(500*(i+1)))); err == nil {
					_, err = s.Recv(ctx)
				}
			}
			errs <- err
		}()
	}
	for range count {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
