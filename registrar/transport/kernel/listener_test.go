//go:build linux && !386

package kernel

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	within(t.Context(), t, what, ok)
}

// within is eventually for a context of its own, which a clean-up needs.
func within(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(what)
		}
	}
}

// At its limits a listener has the kernel refuse peers, and aborts those that were
// faster; with room it accepts again.
func TestLimits(t *testing.T) {
	l, e := fakeListener(t, transport.Config{MaxHalfOpen: 2, MaxAssociations: 3})
	for id := range associationID(3) {
		e.arrive(id)
	}
	eventually(t, "the third is not aborted", func() bool { return strings.Contains(e.abortOf(2), "no room") })
	if e.accepts() {
		t.Error("the kernel accepts although nobody takes associations")
	}
	first, err := l.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	if !e.accepts() {
		t.Error("the kernel refuses although one was taken")
	}
	if _, err := l.Accept(bounded(t)); err != nil {
		t.Fatal(err)
	}
	e.arrive(3)
	if _, err := l.Accept(bounded(t)); err != nil {
		t.Fatal(err)
	}
	if e.accepts() {
		t.Error("the kernel accepts although all associations are there")
	}
	if _, err := l.Dial(bounded(t), remote()); err == nil || !strings.Contains(err.Error(), "3 associations are the limit") {
		t.Errorf("Dial at the limit: %v", err)
	}
	first.Abort("room")
	if !e.accepts() {
		t.Error("the kernel refuses although one has ended")
	}
}

// An error of the kernel does not end a listener; one that stays does.
func TestReadErrors(t *testing.T) {
	l, e := fakeListener(t, transport.Config{})
	for range maxReadErrors - 1 {
		e.arriving <- nil
	}
	e.arrive(1)
	if _, err := l.Accept(bounded(t)); err != nil {
		t.Errorf("after some errors: %v", err)
	}
	for range maxReadErrors {
		e.arriving <- nil
	}
	if _, err := l.Accept(bounded(t)); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("after many errors: %v, want ErrClosed", err)
	}
}

// One that has ended before it got a socket of its own is none.
func TestEndedAtOnce(t *testing.T) {
	l, e := fakeListener(t, transport.Config{})
	e.arriving <- []piece{change(sctp.SCTP_COMM_UP, 1, "")} // cannot be peeled off
	s := newFakeSocket(2)
	close(s.gone) // has no addresses any more
	e.mu.Lock()
	e.peeled[2] = s
	e.mu.Unlock()
	e.arriving <- []piece{change(sctp.SCTP_COMM_UP, 2, "")}
	e.arrive(3)
	a, err := l.Accept(bounded(t))
	if err != nil || a.Peer().Port != 3 {
		t.Errorf("accepted %v, %v, want the third", a, err)
	}
	<-s.closed
	if e.abortOf(1) != noRoom { // had it not ended, it would have no reader
		t.Error("the first is not aborted")
	}
}

func remote() transport.Address {
	return transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.7")}, Port: 9901}
}

// What comes of a call is what the kernel says, or that nobody waits any more.
func TestDial(t *testing.T) {
	const id = 1001 // the first the endpoint gives
	for _, tc := range []struct {
		name   string
		begins error
		says   []piece
		opens  bool
		want   error
		text   string
		aborts bool
	}{
		{name: "open", opens: true},
		{name: "refused", says: []piece{change(sctp.SCTP_CANT_STR_ASSOC, id, "")}, want: transport.ErrRefused},
		{name: "refused with a reason", says: []piece{change(sctp.SCTP_CANT_STR_ASSOC, id, "full")}, want: transport.ErrRefused, text: `"full"`},
		{name: "ended at once", says: []piece{change(sctp.SCTP_COMM_UP, id, "")}, want: transport.ErrRefused, aborts: true},
		{name: "silence", want: transport.ErrLost, aborts: true},
		{name: "known to the kernel", begins: unix.EADDRNOTAVAIL, want: transport.ErrExists},
		{name: "begun before", begins: unix.EALREADY, want: transport.ErrExists},
		{name: "no way", begins: unix.ENETUNREACH, want: transport.ErrLost},
		{name: "no UDP", begins: errNoUDP, want: errNoUDP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, e := fakeListener(t, transport.Config{HandshakeTimeout: patience})
			if tc.name == "silence" {
				l.config.HandshakeTimeout = 20 * time.Millisecond
			}
			e.refuses = tc.begins
			e.arriving <- []piece{change(sctp.SCTP_COMM_LOST, 77, "")} // nobody's
			result := dial(bounded(t), l)
			if tc.opens || tc.says != nil {
				eventually(t, "nothing is dialled", l.calling)
			}
			if tc.opens {
				e.arrive(id)
				if err := <-result; err != nil {
					t.Fatal(err)
				}
				known := transport.Address{Addrs: remote().Addrs, Port: id}
				if _, err := l.Dial(bounded(t), known); !errors.Is(err, transport.ErrExists) {
					t.Errorf("once more: %v, want ErrExists", err)
				}
				return
			}
			if tc.says != nil {
				e.arriving <- tc.says
			}
			err := <-result
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || !strings.Contains(err.Error(), remote().String()) {
				t.Errorf("%v, want %v, %q and the address", err, tc.want, tc.text)
			}
			if got := e.abortOf(id) != ""; got != tc.aborts {
				t.Errorf("aborted: %t, want %t", got, tc.aborts)
			}
		})
	}
}

func dial(ctx context.Context, l *listener) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := l.Dial(ctx, remote())
		result <- err
	}()
	return result
}

func (l *listener) calling() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.calls) > 0
}

// What opens when nobody waits for it any more is aborted.
func TestDialCanceled(t *testing.T) {
	l, e := fakeListener(t, transport.Config{})
	s := newFakeSocket(9901)
	e.peeled[1001] = s
	ctx, cancel := context.WithCancel(t.Context())
	result := dial(ctx, l)
	eventually(t, "nothing is dialled", l.calling)
	l.mu.Lock()
	cancel()
	c := l.calls[1001]
	delete(l.calls, 1001)
	l.open(1001, c) // Dial has to choose
	l.mu.Unlock()
	if err := <-result; err == nil {
		return // it saw the association first
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
	<-s.closed
}

// Close ends what is open, what is dialled, and what waits for Accept.
func TestClose(t *testing.T) {
	l, e := fakeListener(t, transport.Config{})
	waiting := e.arrive(1)
	taken := e.arrive(2)
	for range 2 {
		a, err := l.Accept(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := ended(t, a); !errors.Is(err, transport.ErrClosed) {
				t.Errorf("ended with %v, want ErrClosed", err)
			}
		}()
	}
	result := dial(bounded(t), l)
	eventually(t, "nothing is dialled", l.calling)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Dial: %v, want ErrClosed", err)
	}
	for _, s := range []*fakeSocket{waiting, taken} {
		<-s.closed
		if len(s.sent) != 1 || s.sent[0] != (sentMessage{closing, sendInfo{flags: sendAbort}}) {
			t.Errorf("sent %v, want an abort", s.sent)
		}
	}
	if e.abortOf(1001) != closing {
		t.Error("what was dialled is not aborted")
	}
}

// A peer that has begun anew keeps its socket, under a new association.
func TestBegunAnew(t *testing.T) {
	a, s := fakeAssociation(t)
	half := piece{data: []byte("ne")}
	s.arriving <- []piece{message("old"), {data: []byte("never the end of it")}, change(sctp.SCTP_RESTART, 1, ""), half}
	s.arriving <- []piece{message("w")}
	if err := ended(t, a); !errors.Is(err, errRestart) {
		t.Errorf("ended with %v, want %v", err, errRestart)
	}
	b, err := a.listener.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from transport.Association
		want string
	}{{a, "old"}, {b, "new"}} {
		if m, err := c.from.Recv(bounded(t)); err != nil || string(m.Data) != c.want {
			t.Errorf("got %q, %v, want %q", m.Data, err, c.want)
		}
	}
	a.Abort("too late")
	if len(s.sent) != 0 {
		t.Errorf("the old one sent %v to the new peer", s.sent)
	}
}

// One association is told by some of its addresses too, and one's own are refused.
func TestReachable(t *testing.T) {
	l, _ := fakeListener(t, transport.Config{})
	for _, tc := range []struct {
		to   string
		want string
		err  string
	}{
		{"192.0.2.7:1", "192.0.2.7:1", ""},
		{"192.0.2.1:1", "192.0.2.1:1", ""},
		{"192.0.2.1:3863", "", errSelf.Error()},
		{"[::ffff:192.0.2.7]:1", "192.0.2.7:1", ""},
		{"[2001:db8::1]:1", "", "no address of that family"},
		{":1", "", errNone.Error()},
	} {
		to, err := transport.ParseAddress(tc.to)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.reachable(to)
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) || err == nil && got.String() != tc.want {
			t.Errorf("%s: %v, %v, want %s, error %q", tc.to, got, err, tc.want, tc.err)
		}
	}
	mixed := transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::1")}, Port: 1}
	if got, err := l.reachable(mixed); err != nil || got.String() != "192.0.2.7:1" {
		t.Errorf("both families: %v, %v, want the one that can be reached", got, err)
	}
}
