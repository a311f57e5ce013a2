package udp

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/transporttest"
)

// TestRefused: a peer that answers the INIT with ABORT ends the dial at once,
// although the INIT to port 9899 has no answer.
func TestRefused(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	failed := make(chan error, 1)
	ctx := testContext(t)
	go func() {
		_, err := m.Dial(ctx, r.address())
		failed <- err
	}()
	_, init := r.expect(chunkInit)
	tag := parseInitBody(init.value()).tag
	r.send(tag+1, appendChunk(nil, chunkAbort, 0)) // not meant for us
	r.send(tag, appendChunk(nil, chunkAbort, 0, appendParameter(nil, causeUserAbort, []byte("go away"))))
	if err := <-failed; !errors.Is(err, transport.ErrRefused) || errors.Is(err, transport.ErrFull) {
		t.Errorf("want ErrRefused, and not for want of room, got %v", err)
	}
}

// A peer that has no room says so, and is no peer that wants nobody.
func TestRefusedFull(t *testing.T) {
	few := calm()
	few.MaxAssociations = 1
	full := listen(t, few)
	ctx := testContext(t)
	if _, err := listen(t, calm()).Dial(ctx, transporttest.AddressOf(full)); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(t, calm()).Dial(ctx, transporttest.AddressOf(full)); !errors.Is(err, transport.ErrFull) || !errors.Is(err, transport.ErrRefused) {
		t.Errorf("%v, want ErrFull, which is ErrRefused", err)
	}
}

// TestDialGivenUp: behind its COOKIE ECHO, a dial that is given up takes back
// the association that its peer has by then.
func TestDialGivenUp(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancel(testContext(t))
	go func() {
		_, err := m.Dial(ctx, r.address())
		failed <- err
	}()
	_, init := r.expect(chunkInit)
	r.theirs.initBody = parseInitBody(init.value())
	r.answer([]byte("c"))
	r.expect(chunkCookieEcho)
	cancel()
	if h, c := r.expect(chunkAbort); h.tag != r.offer.tag || abortReason(c) == "" {
		t.Errorf("ABORT with tag %#x, want %#x; reason %q", h.tag, r.offer.tag, abortReason(c))
	}
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("want the reason of the context, got %v", err)
	}
}

// TestStaleCookie: a peer that calls the cookie stale gets a new INIT.
func TestStaleCookie(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	dialled := startDial(t, m, r)
	for i := range 2 {
		_, init := r.expect(chunkInit)
		r.theirs.initBody = parseInitBody(init.value())
		r.answer([]byte{byte(i)})
		if _, c := r.expect(chunkCookieEcho); c.value()[0] != byte(i) {
			t.Fatalf("COOKIE ECHO %d: %x", i, c.value())
		}
		if i == 0 {
			r.send(r.theirs.tag, appendChunk(nil, chunkError, 0, appendParameter(nil, causeStaleCookie, make([]byte, 4))))
		}
	}
	r.send(r.theirs.tag, appendChunk(nil, chunkCookieAck, 0))
	if a := <-dialled; a.Err() != nil {
		t.Error(a.Err())
	}
}

// TestRetransmission: lost INIT and COOKIE ECHO are sent again.
func TestRetransmission(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	dialled := startDial(t, m, r)
	r.expect(chunkInit)
	_, init := r.expect(chunkInit)
	r.theirs.initBody = parseInitBody(init.value())
	r.answer([]byte("c"))
	r.expect(chunkCookieEcho)
	r.expect(chunkCookieEcho)
	r.send(r.theirs.tag, appendChunk(nil, chunkCookieAck, 0))
	<-dialled
}

// TestRegisteredPort: without @UDPPORT, 9899 is tried as well (UDP-5.1-01). The
// address keeps this test apart from others that use the port.
func TestRegisteredPort(t *testing.T) {
	c := calm()
	c.Local = transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("127.0.98.99")}, Port: 9901, UDPPort: registeredPort}
	lb := listen(t, c)
	if want := []netip.AddrPort{netip.MustParseAddrPort("127.0.98.99:9901")}; !cmp.Equal(want, lb.Addrs(), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })) {
		t.Errorf("Addrs: want %v, got %v", want, lb.Addrs())
	}
	a, err := listen(t, calm()).Dial(testContext(t), transport.Address{Addrs: c.Local.Addrs, Port: 9901})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Peer(); got.Port != 9901 || got.UDPPort != registeredPort {
		t.Errorf("peer: %+v", got)
	}
}

// TestSecondAddress: an address without an answer does not keep the dial from
// the next one.
func TestSecondAddress(t *testing.T) {
	m := listen(t, calm())
	to := transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.77"), loopback, netip.MustParseAddr("2001:db8::1")}, Port: m.port}
	c := calm()
	c.Local.Addrs = []netip.Addr{netip.MustParseAddr("127.0.0.5")}
	if _, err := listen(t, c).Dial(testContext(t), to); err != nil {
		t.Error(err)
	}
}

// TestWildcard: an answer leaves from the address the peer called, which is not
// the one the system would choose.
func TestWildcard(t *testing.T) {
	c := calm()
	c.Local = transport.Address{}
	m := listen(t, c)
	for _, a := range m.Addrs() {
		if a.Addr().IsUnspecified() || a.Port() != m.port {
			t.Errorf("Addrs: %v", m.Addrs())
		}
	}
	for _, ip := range []string{"127.0.0.1", "127.0.0.55", "::1"} {
		if ip == "::1" {
			needIPv6(t)
		}
		here := calm()
		here.Local.Addrs = []netip.Addr{netip.MustParseAddr("127.0.0.9")}
		if ip == "::1" {
			here.Local.Addrs = []netip.Addr{netip.MustParseAddr(ip)}
		}
		to := transport.Address{Addrs: []netip.Addr{netip.MustParseAddr(ip)}, Port: m.port}
		dialled, err := listen(t, here).Dial(testContext(t), to)
		if err != nil {
			t.Errorf("%s: %v", ip, err)
			continue
		}
		a := accept(t, m)
		if got := a.Local(); len(got) != 1 || got[0] != netip.AddrPortFrom(to.Addrs[0], m.port) {
			t.Errorf("%s: Local is %v", ip, got)
		}
		if err := a.Send(testContext(t), transport.Message{PPID: 1, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		recvText(t, dialled)
	}
}

// TestDialErrors: each says what is wrong.
func TestDialErrors(t *testing.T) {
	m := listen(t, calm())
	for _, c := range []struct {
		name string
		to   transport.Address
		want error
	}{
		{"no address", transport.Address{Port: 9901}, errNoAddr},
		{"port 0", transport.Address{Addrs: []netip.Addr{loopback}}, errPort},
		{"other family", transport.Address{Addrs: []netip.Addr{netip.IPv6Loopback()}, Port: 9901}, errNoSocket},
		{"multicast", transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("224.0.1.1")}, Port: 9901}, errNoSocket},
		{"itself", transport.Address{Addrs: []netip.Addr{loopback}, Port: m.port}, errSelf},
	} {
		if _, err := m.Dial(testContext(t), c.to); !errors.Is(err, c.want) {
			t.Errorf("%s: want %v, got %v", c.name, c.want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Dial(ctx, transport.Address{Addrs: []netip.Addr{loopback}, Port: 9}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled context: got %v", err)
	}
}
