package udp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"

	"rserpool/registrar/transport"
)

var secondLoopback = netip.MustParseAddr("127.0.0.2")

// patient bears a peer that takes its time, and probes ten times a second.
func patient() transport.Config {
	c := quick()
	c.MaxMissed = 50
	return c
}

// newPair returns one peer with two addresses, and the INIT parameter that names
// the second one.
func newPair(t *testing.T, m *mux) (first, second *rawPeer, named []byte) {
	t.Helper()
	for try := range 20 {
		r := newRawPeer(t, m)
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(secondLoopback, r.port)))
		if err != nil {
			t.Logf("try %d: %v", try, err)
			continue
		}
		t.Cleanup(func() { conn.Close() })
		other := *r
		other.conn = conn
		return r, &other, []byte{0, paramIPv4, 0, 8, 127, 0, 0, 2}
	}
	t.Fatal("no port that is free on both addresses")
	return nil, nil, nil
}

// say sends a message, which must come to one of the peer's ends, and acknowledges it.
func say(t *testing.T, a *association, text string, at *rawPeer) {
	t.Helper()
	if err := a.Send(testContext(t), transport.Message{PPID: 11, Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
	for {
		if _, c := at.expect(chunkData); bytes.HasSuffix(c, []byte(text)) {
			at.send(at.theirs.tag, appendChunk(nil, chunkSack, 0, c.value()[:4], []byte{0, 1, 0, 0, 0, 0, 0, 0}))
			return
		}
	}
}

// TestFailover: when the path in use falls silent, the association moves to
// another address of the peer that answers a heartbeat.
func TestFailover(t *testing.T) {
	m := listen(t, patient())
	first, second, named := newPair(t, m)
	a := first.associate(m, named...)
	second.theirs = first.theirs
	say(t, a, "before", first)

	_, c := second.expect(chunkHeartbeat) // the first answers none
	second.send(second.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, c.value()))
	second.settle()
	say(t, a, "after", second)
	if got := a.path.Load().Remote; got.Addr() != secondLoopback {
		t.Errorf("path: %v", got)
	}
	// And back, by the same rule.
	for range 2 {
		second.expect(chunkHeartbeat)
	}
	_, c = first.expect(chunkHeartbeat)
	first.send(first.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, c.value()))
	first.settle()
	say(t, a, "back", first)
	if err := a.Err(); err != nil {
		t.Error(err)
	}
}

// settle waits until m has read what was sent before.
func (r *rawPeer) settle() {
	r.t.Helper()
	info := []byte{0, 1, 0, 8, 's', 'e', 't', 'l'}
	r.send(r.theirs.tag, appendChunk(nil, chunkHeartbeat, 0, info))
	for {
		if _, c := r.expect(chunkHeartbeatAck); bytes.Equal(c.value(), info) {
			return
		}
	}
}

// TestNoRedirection: naming an address, and even sending from it, does not make
// traffic go there; only a nonce that went there does (RFC 9260 section 5.4).
func TestNoRedirection(t *testing.T) {
	m := listen(t, patient())
	first, second, named := newPair(t, m)
	a := first.associate(m, named...)
	second.theirs = first.theirs
	_, c := first.expect(chunkHeartbeat)
	old := bytes.Clone(c.value())
	_, c = second.expect(chunkHeartbeat) // now the path is known to be silent
	forged := bytes.Clone(c.value())
	forged[4+nonceSize-1] ^= 1
	for _, value := range [][]byte{forged, forged[:12], nil, old[:4], bytes.Repeat([]byte{0}, 4+infoSize)} {
		second.send(second.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, value))
	}
	// Not even with the nonce of the path in use, which the peer does know.
	second.send(second.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, old))
	second.settle()
	if got := a.path.Load().Remote; got.Addr() != loopback {
		t.Fatalf("path: %v", got)
	}
	say(t, a, "to the first", first)
}

// TestGoodPathStays: while the path in use answers, nothing goes elsewhere,
// whatever comes from there.
func TestGoodPathStays(t *testing.T) {
	m := listen(t, patient())
	first, second, named := newPair(t, m)
	a := first.associate(m, named...)
	second.theirs = first.theirs
	for range 8 {
		_, c := first.expect(chunkHeartbeat)
		first.send(first.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, c.value()))
		second.send(second.theirs.tag, appendChunk(nil, chunkHeartbeat, 0, []byte{0, 1, 0, 4}))
		if _, c = second.expect(chunkHeartbeatAck); len(c) != 8 {
			t.Fatalf("HEARTBEAT ACK %x", []byte(c))
		}
	}
	say(t, a, "still the first", first)
}

// TestPortOfOtherAddress: what the peer sends from a further address tells its UDP
// port there (RFC 6951 section 5.4).
func TestPortOfOtherAddress(t *testing.T) {
	m := listen(t, patient())
	first := newRawPeer(t, m)
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(secondLoopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	a := first.associate(m, 0, paramIPv4, 0, 8, 127, 0, 0, 2)
	second := *first
	second.conn = conn
	second.settle()
	_, c := second.expect(chunkHeartbeat)
	second.send(second.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, c.value()))
	second.settle()
	say(t, a, "after", &second)
	if got := a.Peer().UDPPort; got != conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() {
		t.Errorf("UDP port %d", got)
	}
}

// TestAllAddressesSilent: further addresses do not keep a peer alive, and get few
// packets.
func TestAllAddressesSilent(t *testing.T) {
	m := listen(t, quick())
	first, second, named := newPair(t, m)
	for i := range byte(10) {
		named = append(named, 0, paramIPv4, 0, 8, 127, 0, 3, i)
	}
	a := first.associate(m, named...)
	waitDone(t, a)
	if err := a.Err(); !errors.Is(err, transport.ErrLost) {
		t.Errorf("want ErrLost, got %v", err)
	}
	second.expect(chunkHeartbeat)
}

// TestTargets: which addresses are probed, and in which order.
func TestTargets(t *testing.T) {
	addr := netip.MustParseAddr
	path := netip.MustParseAddrPort("192.0.2.1:9899")
	l := newTargets(path, []netip.Addr{
		addr("192.0.2.1"), addr("192.0.2.2"), addr("192.0.2.3"), addr("192.0.2.4"), addr("192.0.2.5"),
		addr("127.0.0.1"), addr("169.254.1.1"), addr("2001:db8::1"),
	})
	for i, want := range []string{"1234", "1523", "1452"} {
		var got []byte
		for _, target := range l.next(path, true) {
			a := target.remote.Addr().As4()
			got = append(got, '0'+a[3])
			if target.remote.Port() != path.Port() {
				t.Errorf("port of %v", target.remote)
			}
		}
		if string(got) != want {
			t.Errorf("probe %d: want hosts %s, got %s", i, want, got)
		}
	}
	if got := l.next(path, false); len(got) != 1 || got[0].remote != path {
		t.Errorf("path alone: %v", got)
	}
}
