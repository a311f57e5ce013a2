package dtls

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// TestDialErrors: each says what is wrong.
func TestDialErrors(t *testing.T) {
	m := listen(t, keyed("a"), quick())
	keyless := keyed("a")
	keyless.Key = nil
	for _, c := range []struct {
		name string
		m    *mux
		to   transport.Address
		want error
	}{
		{"no address", m, transport.Address{Port: 9901}, errNoAddr},
		{"port 0", m, transport.Address{Addrs: []netip.Addr{loopback}}, errNoPort},
		{"other family", m, transport.Address{Addrs: []netip.Addr{netip.IPv6Loopback()}, Port: 9901}, errNoSocket},
		{"multicast", m, transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("224.0.1.1")}, Port: 9901}, errNoSocket},
		{"itself", m, addressOf(m), errSelf},
		{"no key for who is called", listen(t, keyless, quick()), addressOf(listen(t, keyed("b"), quick())), ErrUnknownIdentity},
	} {
		if _, err := c.m.Dial(testContext(t), c.to); !errors.Is(err, c.want) {
			t.Errorf("%s: want %v, got %v", c.name, c.want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Dial(ctx, transport.Address{Addrs: []netip.Addr{loopback}, Port: 9}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled context: got %v", err)
	}
	eventually(t, "nothing is left of the dials", func() bool { return kept(m) == 0 })
}

// TestSecondAddress: an address without an answer does not keep the dial from
// the next one.
func TestSecondAddress(t *testing.T) {
	m := listen(t, keyed("b"), quick())
	to := transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.0"), loopback, netip.MustParseAddr("2001:db8::1")}, Port: m.port}
	la := listen(t, keyed("a"), quick())
	a, _ := connect(t, la, m, to)
	if got := a.Peer().Addrs; !slices.Equal(got, []netip.Addr{loopback}) {
		t.Errorf("peer at %v", got)
	}
}

// TestFurtherPorts: an endpoint is reached at each of its UDP ports, and is one
// endpoint: its SCTP port is the same, and a second dial finds what there is.
func TestFurtherPorts(t *testing.T) {
	spare := freePort(t)
	c := quick()
	c.Also = []transport.Address{{UDPPort: netip.MustParseAddrPort(spare.LocalAddr().String()).Port()}}
	spare.Close()
	m := listen(t, keyed("b"), c)
	if got := m.Addrs(); len(got) != 1 || got[0].Port() != m.port {
		t.Errorf("Addrs: %v", got)
	}
	if got := len(transport.Sockets(m)); got != 2 {
		t.Errorf("%d sockets, want 2", got)
	}
	for _, udpPort := range []uint16{0, c.Also[0].UDPPort} {
		to := addressOf(m)
		to.UDPPort = udpPort
		a, b := connect(t, listen(t, keyed("a"), quick()), m, to)
		if p := a.Peer(); p.Port != m.port || udpPort != 0 && p.UDPPort != udpPort {
			t.Errorf("%v: peer %+v", to, p)
		}
		if got := b.Local(); len(got) != 1 || got[0] != netip.AddrPortFrom(loopback, m.port) {
			t.Errorf("%v: Local %v", to, got)
		}
		send(t, b, "hello")
		recv(t, a)
	}
}

// TestWildcard: an answer leaves from the address the peer called, which is not
// the one the system would choose.
func TestWildcard(t *testing.T) {
	c := quick()
	c.Local = transport.Address{}
	m := listen(t, keyed("b"), c)
	for _, ip := range []string{"127.0.0.1", "127.0.0.55", "::1"} {
		needAddress(t, ip)
		here := quick()
		here.Local.Addrs = []netip.Addr{netip.MustParseAddr("127.0.0.9")}
		if ip == "::1" {
			here.Local.Addrs = []netip.Addr{netip.MustParseAddr(ip)}
		}
		to := transport.Address{Addrs: []netip.Addr{netip.MustParseAddr(ip)}, Port: m.port}
		dialled, a := connect(t, listen(t, keyed("a"), here), m, to)
		if got := a.Local(); len(got) != 1 || got[0] != netip.AddrPortFrom(to.Addrs[0], m.port) {
			t.Errorf("%s: Local is %v", ip, got)
		}
		send(t, a, "hello")
		recv(t, dialled)
	}
}

// crossed are two listeners with a relay between them that each knows as the
// other: what each sends comes from the relay.
type crossed struct {
	a, b  *mux
	toA   transport.Address
	toB   transport.Address
	sent  map[bool]int // datagrams, by whether a sent them
	fate  func(fromA bool, d []byte) bool
	guard chan struct{} // of sent and fate
}

// newCrossed forwards between two sockets: a knows b as the first one, b knows a
// as the second one.
func newCrossed(t *testing.T) *crossed {
	t.Helper()
	x := &crossed{
		a: listen(t, keyed("a"), quick()), b: listen(t, keyed("b"), quick()),
		sent: make(map[bool]int), guard: make(chan struct{}, 1),
	}
	asB, asA := freePort(t), freePort(t)
	x.toB, x.toA = addressOf(x.b), addressOf(x.a)
	x.toB.UDPPort = netip.MustParseAddrPort(asB.LocalAddr().String()).Port()
	x.toA.UDPPort = netip.MustParseAddrPort(asA.LocalAddr().String()).Port()
	done := make(chan struct{}, 2)
	for fromA, hop := range map[bool]struct {
		in, out interface {
			ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
			WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
		}
		to netip.AddrPort
	}{true: {asB, asA, x.b.sockets[0].Bound()}, false: {asA, asB, x.a.sockets[0].Bound()}} {
		go func() {
			defer func() { done <- struct{}{} }()
			buf := make([]byte, 65536)
			for {
				n, _, err := hop.in.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				x.guard <- struct{}{}
				x.sent[fromA]++
				pass := x.fate == nil || x.fate(fromA, buf[:n])
				<-x.guard
				if pass {
					hop.out.WriteToUDPAddrPort(buf[:n], hop.to)
				}
			}
		}()
	}
	t.Cleanup(func() {
		asA.Close()
		asB.Close()
		<-done
		<-done
	})
	return x
}

// dialBoth dials from both sides; each must come out with an association of the
// same session, and nothing else.
func (x *crossed) dialBoth(t *testing.T) {
	t.Helper()
	var ends [2]transport.Association
	errs := make(chan error, 2)
	for i, side := range []struct {
		m  *mux
		to transport.Address
	}{{x.a, x.toB}, {x.b, x.toA}} {
		go func() {
			s, err := side.m.Dial(testContext(t), side.to)
			if errors.Is(err, transport.ErrExists) {
				s, err = side.m.Accept(testContext(t))
			}
			ends[i] = s
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	send(t, ends[0], "from a")
	send(t, ends[1], "from b")
	if got := recv(t, ends[1]); got != "from a" {
		t.Errorf("b got %q", got)
	}
	if got := recv(t, ends[0]); got != "from b" {
		t.Errorf("a got %q", got)
	}
	for _, m := range []*mux{x.a, x.b} {
		eventually(t, "one association and nothing else", func() bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.established == 1 && len(m.backlog) == 0 && m.attempting == 0 && len(m.dials) == 0
		})
	}
}

// TestCollisions: whatever is lost and whoever is first, two that dial each other
// get one association.
func TestCollisions(t *testing.T) {
	firstHello := func(d []byte) bool {
		r, _ := nextRecord(d)
		h, ok := parseHello(r)
		return ok && h.sequence == 0
	}
	for _, c := range []struct {
		name string
		fate func(x *crossed) func(fromA bool, d []byte) bool
	}{
		{"nothing lost", func(*crossed) func(bool, []byte) bool { return nil }},
		{"the first hello of one", func(x *crossed) func(bool, []byte) bool {
			return func(fromA bool, _ []byte) bool { return !fromA || x.sent[true] > 1 }
		}},
		{"the first hello of both", func(x *crossed) func(bool, []byte) bool {
			return func(fromA bool, _ []byte) bool { return x.sent[fromA] > 1 }
		}},
		{"the second datagrams", func(x *crossed) func(bool, []byte) bool {
			return func(fromA bool, _ []byte) bool { return x.sent[fromA] != 2 }
		}},
		{"one waits until the other has its cookie", func(x *crossed) func(bool, []byte) bool {
			return func(fromA bool, d []byte) bool { return fromA || !firstHello(d) || x.sent[true] > 1 }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // with other tokens each time
				x := newCrossed(t)
				x.guard <- struct{}{}
				x.fate = c.fate(x)
				<-x.guard
				x.dialBoth(t)
			}
		})
	}
}

// TestForgedHelloTakesNoDial: a ClientHello in the name of who is being dialled
// does not make the dial wait for it, however high its token.
func TestForgedHelloTakesNoDial(t *testing.T) {
	x := newCrossed(t)
	forged := forgedHello()
	copy(forged[recordHeader+handshakeHeader+2:], bytes.Repeat([]byte{0xff}, randomSize))
	x.guard <- struct{}{}
	x.fate = func(fromA bool, _ []byte) bool { // an answer of b comes second
		if !fromA && x.sent[false] == 1 {
			x.b.sockets[0].Conn().(interface {
				WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
			}).WriteToUDPAddrPort(forged, netip.AddrPortFrom(loopback, x.toA.UDPPort))
		}
		return true
	}
	<-x.guard
	start := time.Now()
	if _, err := x.a.Dial(testContext(t), x.toB); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestRestart: a peer that lost everything dials again from the same port. The
// old association is replaced once the peer has proven itself, and says why.
func TestRestart(t *testing.T) {
	lb := listen(t, keyed("b"), quick())
	c := quick()
	c.Heartbeat = time.Hour // the other end does not notice by itself
	lc := listen(t, keyed("c"), c)
	r := newRelay(t, lc.Addrs()[0])
	first, atC := connect(t, lb, lc, r.address(lc))
	// The end of first never reaches c.
	r.cut()
	first.Abort("crashed")
	if atC.Err() != nil {
		t.Fatal("c knows already")
	}
	r.setFate(nil)
	second, again := connect(t, lb, lc, r.address(lc))
	waitDone(t, atC)
	all(t, "the old association", atC.Err(), transport.ErrAborted)
	send(t, second, "hello again")
	if got := recv(t, again); got != "hello again" {
		t.Errorf("got %q", got)
	}
}

// TestRestartNeedsProof: a peer with the wrong key at the same address and port
// cannot end an association.
func TestRestartNeedsProof(t *testing.T) {
	heard := make(refusals, 10)
	c := heard.of(quick())
	c.Heartbeat = time.Hour
	lc := listen(t, keyed("c"), c)
	r := newRelay(t, lc.Addrs()[0])
	first, atC := connect(t, listen(t, keyed("a"), c), lc, r.address(lc))
	_ = first
	r.adopt(t, func() {
		mallory := credentials{Identity: "a", Key: keyOf("mallory")}
		if _, err := listen(t, mallory, quick()).Dial(testContext(t), r.address(lc)); err == nil {
			t.Error("mallory is in")
		}
	})
	all(t, "Refused", heard.one(t), ErrWrongKey)
	if atC.Err() != nil {
		t.Errorf("the association has ended: %v", atC.Err())
	}
}
