package tcp

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// several are addresses of the loopback that are not the first.
var several = []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}

func TestListenOnSeveral(t *testing.T) {
	l := open(t, transport.Config{Local: transport.Address{Addrs: several}})
	if got := l.Addrs(); len(got) != 2 || got[0].Addr() != several[0] || got[1].Addr() != several[1] || got[0].Port() != got[1].Port() {
		t.Fatalf("bound to %v, want %v with one port", got, several)
	}
	from := open(t, transport.Config{Local: transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.9")}}})
	for _, ip := range several {
		a, err := from.Dial(bounded(t), transport.Address{Addrs: []netip.Addr{ip}, Port: l.port})
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Accept(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Local()[0].Addr(); got != ip {
			t.Errorf("the connection is at %v, want %v", got, ip)
		}
		if got := b.Peer(); !slices.Equal(got.Addrs, []netip.Addr{netip.MustParseAddr("127.0.0.9")}) || got.UDPPort != 0 {
			t.Errorf("it comes from %+v, want the dialler's own address", got)
		}
		if a.Local()[0].Port() == from.port {
			t.Error("the dial has left from the listener's port")
		}
	}
}

// The wildcard takes both families, and is told as this host's addresses.
func TestListenOnAll(t *testing.T) {
	for _, bound := range [][]netip.Addr{nil, {netip.IPv4Unspecified()}, {netip.IPv6Unspecified()}} {
		s, err := New().Listen(transport.Config{Local: transport.Address{Addrs: bound}})
		if err != nil {
			t.Logf("%v: %v", bound, err) // a host without IPv6
			continue
		}
		for _, at := range s.Addrs() {
			if at.Addr().IsUnspecified() || at.Port() == 0 {
				t.Errorf("%v: told as %v", bound, at)
			}
		}
		a, err := open(t, transport.Config{}).Dial(bounded(t), transport.Address{Addrs: []netip.Addr{loopback}, Port: s.Addrs()[0].Port()})
		if err != nil {
			t.Errorf("%v: %v", bound, err)
		} else if b, err := s.Accept(bounded(t)); err != nil || b.Peer().Addrs[0] != loopback {
			t.Errorf("%v: %v, %v, want an IPv4 peer at %v", bound, b, err, loopback)
		} else {
			a.Abort("")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDialTriesAll(t *testing.T) {
	l := open(t, transport.Config{})
	from := open(t, transport.Config{HandshakeTimeout: time.Second})
	a, err := from.Dial(bounded(t), transport.Address{Addrs: append(slices.Clone(several), loopback), Port: l.port})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Peer().Addrs[0]; got != loopback {
		t.Errorf("connected to %v, want %v", got, loopback)
	}
	silent := open(t, transport.Config{Local: transport.Address{Addrs: several[:1], Port: l.port}})
	deafen(t, silent)
	if a, err = from.Dial(bounded(t), transport.Address{Addrs: []netip.Addr{several[0], loopback}, Port: l.port}); err != nil {
		t.Fatalf("one is silent: %v", err)
	}
	if got := a.Peer().Addrs[0]; got != loopback {
		t.Errorf("connected to %v, want %v", got, loopback)
	}
	if _, err = from.Dial(bounded(t), transport.Address{Addrs: []netip.Addr{several[0], several[1]}, Port: l.port}); !errors.Is(err, transport.ErrLost) {
		t.Errorf("one is silent, one refuses: %v, want ErrLost", err)
	}
}

func TestDialEnds(t *testing.T) {
	silent := open(t, transport.Config{})
	deafen(t, silent)
	to := transport.Address{Addrs: []netip.Addr{loopback}, Port: silent.port}
	from := open(t, transport.Config{HandshakeTimeout: patience})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := from.Dial(ctx, to); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's time is over: %v, want DeadlineExceeded", err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := from.Dial(t.Context(), to)
		result <- err
	}()
	time.AfterFunc(50*time.Millisecond, func() { from.Close() })
	select {
	case err := <-result:
		if !errors.Is(err, transport.ErrClosed) {
			t.Errorf("the listener was closed: %v, want ErrClosed", err)
		}
	case <-bounded(t).Done():
		t.Error("Dial outlives its listener")
	}
}

func TestRefusedAddresses(t *testing.T) {
	l := open(t, transport.Config{})
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"listen with a UDP port", listenError(transport.Address{Addrs: []netip.Addr{loopback}, UDPPort: 9899}), "leave it out for TCP"},
		{"listen at further places", listenError(transport.Address{}, transport.Address{UDPPort: 9899}), "leave it out for TCP"},
		{"listen elsewhere", listenError(transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}), "cannot bind TCP 192.0.2.1:0"},
		{"listen where one is", listenError(transport.Address{Addrs: []netip.Addr{loopback}, Port: l.port}), syscall.EADDRINUSE.Error()},
		{"dial with a UDP port", dialError(t, l, transport.Address{Addrs: []netip.Addr{loopback}, Port: 1, UDPPort: 2}), "leave it out for TCP"},
		{"dial nowhere", dialError(t, l, transport.Address{Port: 1}), "no address"},
	} {
		if tc.err == nil || !strings.Contains(tc.err.Error(), tc.want) || strings.Contains(tc.err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", tc.name, tc.err, tc.want)
		}
	}
}

func listenError(a transport.Address, also ...transport.Address) error {
	l, err := New().Listen(transport.Config{Local: a, Also: also})
	if err == nil {
		return l.Close()
	}
	return err
}

func dialError(t *testing.T, l *listener, to transport.Address) error {
	t.Helper()
	_, err := l.Dial(bounded(t), to)
	return err
}
