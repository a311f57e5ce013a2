package mixed_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/mixed"
	"rserpool/registrar/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var here, there = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")

// world has two networks, of which each host is in both.
type world struct {
	first, second *memory.Network
}

func newWorld() world { return world{memory.NewNetwork(), memory.NewNetwork()} }

// spy notes what a transport was asked to bind, and binds the first of it.
type spy struct {
	transport.Transport
	name  string
	bound *[]string
}

func (s spy) Name() string { return s.name }

func (s spy) Listen(c transport.Config) (transport.Listener, error) {
	for _, a := range append([]transport.Address{c.Local}, c.Also...) {
		*s.bound = append(*s.bound, s.name+" "+a.String())
	}
	c.Also = nil // the memory network has no UDP ports
	return s.Transport.Listen(c)
}

func (w world) both(addr netip.Addr, bound *[]string) mixed.Transport {
	return mixed.Both(spy{w.first.Transport(addr), "kernel", bound}, spy{w.second.Transport(addr), "udp", bound})
}

func (w world) split(addr netip.Addr, bound *[]string) mixed.Transport {
	return mixed.Split(spy{w.first.Transport(addr), "dtls", bound}, spy{w.second.Transport(addr), "udp", bound})
}

func listen(t *testing.T, over transport.Transport, local transport.Address, also ...transport.Address) transport.Listener {
	t.Helper()
	l, err := over.Listen(transport.Config{Local: local, Also: also, HandshakeTimeout: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func at(addr netip.Addr, port, udpPort uint16) transport.Address {
	return transport.Address{Addrs: []netip.Addr{addr}, Port: port, UDPPort: udpPort}
}

func TestListenDivides(t *testing.T) {
	plain, extra := at(here, 3863, 0), at(here, 3863, 9899)
	for _, c := range []struct {
		name  string
		make  func(world, *[]string) mixed.Transport
		local transport.Address
		also  []transport.Address
		want  []string
	}{
		{
			"both", func(w world, b *[]string) mixed.Transport { return w.both(here, b) }, plain,
			[]transport.Address{extra},
			[]string{"kernel 192.0.2.1:3863", "udp 192.0.2.1:3863", "udp 192.0.2.1:3863@9899"},
		},
		{
			"both, UDP ports only", func(w world, b *[]string) mixed.Transport { return w.both(here, b) }, extra, nil,
			[]string{"udp 192.0.2.1:3863@9899"},
		},
		{
			"split", func(w world, b *[]string) mixed.Transport { return w.split(here, b) }, plain,
			[]transport.Address{extra},
			[]string{"dtls 192.0.2.1:3863", "udp 192.0.2.1:3863@9899"},
		},
		{
			"split, no UDP port", func(w world, b *[]string) mixed.Transport { return w.split(here, b) }, plain, nil,
			[]string{"dtls 192.0.2.1:3863"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var bound []string
			l := listen(t, c.make(newWorld(), &bound), c.local, c.also...)
			if !slices.Equal(bound, c.want) {
				t.Errorf("bound %v, want %v", bound, c.want)
			}
			if got := l.Addrs(); len(got) != 1 || got[0] != netip.AddrPortFrom(here, 3863) {
				t.Errorf("Addrs: %v", got)
			}
		})
	}
}

// A free port has to be free in both.
func TestFreePort(t *testing.T) {
	var bound []string
	w := newWorld()
	taken := listen(t, w.second.Transport(here), at(here, 49152, 0)) // where the memory network begins to look
	l := w.both(here, &bound)
	if _, err := l.Listen(transport.Config{Local: at(here, 49152, 0)}); err == nil || !strings.Contains(err.Error(), "udp beside kernel") {
		t.Errorf("want an error that names the transport, got %v", err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	free := listen(t, l, at(here, 0, 0))
	if got := free.Addrs(); len(got) != 1 {
		t.Errorf("the two have different ports: %v", got)
	}
}

func TestAcceptsFromEither(t *testing.T) {
	var bound []string
	w := newWorld()
	l := listen(t, w.both(here, &bound), at(here, 3863, 0))
	for i, n := range []*memory.Network{w.first, w.second} {
		from := listen(t, n.Transport(there), at(there, 0, 0))
		dialled, err := from.Dial(t.Context(), at(here, 3863, 0))
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if accepted.Peer().Port != from.Addrs()[0].Port() {
			t.Errorf("transport %d: accepted %v", i, accepted.Peer())
		}
		dialled.Abort("done")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Accept(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Accept after its context: %v", err)
	}
	l.Close()
	if _, err := l.Accept(t.Context()); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
}

func TestDial(t *testing.T) {
	for _, c := range []struct {
		name string
		// the peer listens on the first, the second network
		first, second bool
		cut           bool // the first network is silent
		split         bool
		udpPort       uint16
		want          int // the network that the association is on; 0: an error
		err           error
		took          time.Duration
	}{
		{name: "the first is there", first: true, second: true, want: 1},
		{name: "the first refuses", second: true, want: 2},
		{name: "the first is silent", first: true, second: true, cut: true, want: 2, took: 250 * time.Millisecond},
		{name: "a UDP port is the second's", first: true, second: true, udpPort: 9899, want: 2},
		{name: "nobody", err: transport.ErrRefused},
		{name: "silence and a refusal", first: true, cut: true, err: transport.ErrRefused, took: 3 * time.Second},
		{name: "split calls by the first", first: true, second: true, split: true, udpPort: 9899, want: 1},
		{name: "split never calls by the second", second: true, split: true, err: transport.ErrRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bound []string
				w := newWorld()
				from := w.both(here, &bound)
				if c.split {
					from = w.split(here, &bound)
				}
				for i, n := range []*memory.Network{w.first, w.second} {
					host := n.Transport(there)
					if i == 0 && c.first || i == 1 && c.second {
						listen(t, host, at(there, 9901, 0))
					}
				}
				if c.cut {
					w.first.Cut(here, there)
				}
				l := listen(t, from, at(here, 9901, 0), at(here, 9901, 9900))
				began := time.Now()
				a, err := l.Dial(t.Context(), at(there, 9901, c.udpPort))
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				if c.want == 0 {
					if !errors.Is(err, c.err) {
						t.Errorf("want %v, got %v", c.err, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				[]*memory.Network{w.first, w.second}[c.want-1].Abort(here, there)
				select {
				case <-a.Done():
				default:
					t.Errorf("the association is not on network %d", c.want)
				}
			})
		})
	}
}

// The peer was faster: its association is the one.
func TestDialExists(t *testing.T) {
	var bound []string
	w := newWorld()
	l := listen(t, w.both(here, &bound), at(here, 9901, 0))
	peer := listen(t, w.both(there, &bound), at(there, 9901, 0))
	if _, err := peer.Dial(t.Context(), at(here, 9901, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Dial(t.Context(), at(there, 9901, 0)); !errors.Is(err, transport.ErrExists) {
		t.Errorf("want ErrExists, got %v", err)
	}
}

// wide serves a UDP port of its own beside what it is asked to.
type wide struct{ transport.Transport }

func (w wide) Listen(c transport.Config) (transport.Listener, error) {
	extra := c.Local
	extra.UDPPort = 9899
	c.Also = []transport.Address{extra}
	return w.Transport.Listen(c)
}

// Where calls leave by one of the two only, the contract holds.
func TestContract(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transporttest.Env {
		w := newWorld()
		var bound []string
		a := transporttest.Host{Transport: wide{w.split(here, &bound)}, Local: at(here, 0, 0)}
		b := transporttest.Host{Transport: wide{w.split(there, &bound)}, Local: at(there, 0, 0)}
		return transporttest.Env{A: a, B: b, Breakable: func(l transport.Listener) (transport.Address, func()) {
			return transporttest.AddressOf(l), func() { w.first.Cut(here, there) }
		}}
	})
}
