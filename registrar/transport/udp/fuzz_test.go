package udp

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/transport/datagram"
)

// FuzzOutbound: whatever the engine writes, what leaves is a whole packet with
// the real ports and a good CRC32c, without HEARTBEAT, or nothing.
func FuzzOutbound(f *testing.F) {
	engine := func(chunks ...[]byte) []byte {
		return append(appendEngineHeader(nil, 7), bytes.Join(chunks, nil)...)
	}
	f.Add(engine(data(1, 0, 0, 11, []byte("hello"))))
	f.Add(engine(appendChunk(nil, chunkHeartbeat, 0)))
	f.Add(engine(appendChunk(nil, chunkHeartbeat, 0), data(1, 0, 0, 11, []byte("x"))))
	f.Add(engine(appendChunk(nil, chunkAbort, 0, []byte{0, 13, 0, 4})))
	f.Add(engine())
	f.Add([]byte{0, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		want := header{9901, 9902, 0xfeedface}
		packet, _ := outbound(nil, b, want, func(chunk) {})
		if !bytes.Equal(b, before) {
			t.Fatal("the engine's buffer was written to")
		}
		if len(packet) == headerSize {
			return
		}
		got, chunks, err := parsePacket(seal(packet))
		if err != nil || got != want {
			t.Fatalf("%x: %+v, %v", packet, got, err)
		}
		for len(chunks) > 0 {
			var c chunk
			if c, chunks = nextChunk(chunks); c.kind() == chunkHeartbeat {
				t.Fatalf("HEARTBEAT of the engine in %x", packet)
			}
		}
		again, _ := outbound(nil, packet, want, func(chunk) {})
		if diff := cmp.Diff(packet, seal(again)); diff != "" {
			t.Fatalf("rewriting twice changes the packet (-want +got):\n%s", diff)
		}
	})
}

// FuzzReceive: no chunks, however malformed, harm the mux or the engine. The
// header is made good, else nothing would get past it.
func FuzzReceive(f *testing.F) {
	f.Add(data(1000, 0, 0, 11, []byte("hello")))
	f.Add(appendChunk(nil, chunkSack, 0, []byte{0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 2}))
	f.Add(appendChunk(nil, chunkShutdown, 0, []byte{0, 0, 0, 1}))
	f.Add(appendChunk(nil, chunkShutdownAck, 0))
	f.Add(appendChunk(nil, chunkAbort, 0, []byte{0, 12, 0, 8, 'w', 'h', 'y', '?'}))
	f.Add(appendChunk(nil, chunkHeartbeat, 0, []byte{0, 1, 0, 8, 1, 2, 3, 4}))
	f.Add(appendChunk(nil, chunkError, 0, []byte{0, 1, 0, 8, 0, 0, 0, 0}))
	f.Add(appendChunk(nil, chunkInit, 0, initBody{tag: 1, window: 1500, out: 1, in: 1}.append(nil)))
	f.Add(appendChunk(nil, 0x82, 0, []byte{0, 13, 0, 4}))
	m := newMux(calm().Defaults(), nil, 9901)
	f.Cleanup(m.close)
	// Answers go to a socket whose packets nobody reads.
	sockets, err := datagram.Listen(calm().Local)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { datagram.CloseAll(sockets) })
	p := datagram.Path{Socket: sockets[0], Local: loopback, Remote: sockets[0].Bound()}
	var a *association
	tsn := uint32(1000)
	f.Fuzz(func(t *testing.T, chunks []byte) {
		if a == nil || a.Err() != nil {
			m.mu.Lock()
			peer := initBody{tag: 99, window: 100000, out: 1, in: 1, tsn: tsn}
			a, err = m.establish(p, 5000, m.offer(m.newTag()), peer, nil)
			m.mu.Unlock()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, tag := range []uint32{a.local.tag, 0, 1} {
			packet := appendHeader(nil, header{5000, m.port, tag})
			packet = append(packet, chunks...)
			if len(packet) >= headerSize {
				m.receive(p, seal(packet))
			}
		}
	})
}

// FuzzAssociation: whatever packets a peer sends in the course of an association, of
// its engine too, nothing panics, and nothing is left of it after its end. A byte in
// front of the chunks of each packet says how many times four bytes they are. SEC-28
func FuzzAssociation(f *testing.F) {
	const first = 1000
	script := func(packets ...[]byte) (out []byte) {
		for _, chunks := range packets {
			out = append(append(out, byte(len(chunks)/4)), chunks...)
		}
		return out
	}
	part := func(flags byte, tsn uint32) []byte {
		c := data(tsn, 0, 0, 11, []byte("part"))
		c[1] = flags
		return c
	}
	sack := appendChunk(nil, chunkSack, 0, []byte{0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 2, 0, 0, 3, 0xe8})
	forward := appendChunk(nil, 0xc0, 0, []byte{0, 0, 3, 0xea, 0, 0, 0, 1})
	reset := appendChunk(nil, 0x82, 0, []byte{0, 13, 0, 18, 0, 0, 3, 0xe8, 0, 0, 0, 1, 0, 0, 3, 0xe8, 0, 0, 0, 0})
	shutdown := appendChunk(nil, chunkShutdown, 0, []byte{0, 0, 0, 1})
	f.Add(script(part(2, first), part(0, first+1), part(1, first+2), sack))
	f.Add(script(part(1, first+2), part(2, first), forward, part(3, first+5), part(3, first+5)))
	f.Add(script(append(part(3, first), part(7, first+1)...), reset, reset, shutdown, appendChunk(nil, chunkShutdownAck, 0)))
	f.Add(script(appendChunk(nil, chunkHeartbeat, 0, []byte{0, 1, 0, 8, 1, 2, 3, 4}), appendChunk(nil, chunkCookieAck, 0), appendChunk(nil, chunkError, 0, []byte{0, 1, 0, 4}), shutdown,
		appendChunk(nil, chunkShutdownComplete, 0), part(3, first)))
	f.Add(script(part(3, first), appendChunk(nil, chunkAbort, 0, []byte{0, 12, 0, 8, 'w', 'h', 'y', '?'}), part(3, first+1)))
	m := newMux(calm().Defaults(), nil, 9901)
	f.Cleanup(m.close)
	sockets, err := datagram.Listen(calm().Local) // whose packets nobody reads
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { datagram.CloseAll(sockets) })
	p := datagram.Path{Socket: sockets[0], Local: loopback, Remote: sockets[0].Bound()}
	f.Fuzz(func(t *testing.T, packets []byte) {
		m.mu.Lock()
		a, err := m.establish(p, 5000, m.offer(m.newTag()), initBody{tag: 99, window: 100000, out: 4, in: 4, tsn: first}, nil)
		m.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		for len(packets) > 0 {
			n := min(4*int(packets[0]), len(packets)-1)
			packet := append(appendHeader(nil, header{5000, m.port, a.local.tag}), packets[1:1+n]...)
			m.receive(p, seal(packet))
			packets = packets[1+n:]
		}
		a.Abort("enough")
		<-a.Done()
		m.mu.Lock()
		defer m.mu.Unlock()
		if n := len(m.byTag) + len(m.byPeer); n > 0 {
			t.Errorf("%d entries of an association that has ended", n)
		}
	})
}

// TestCookieRoundTrip: what goes into a cookie comes out, and no other bytes do.
func TestCookieRoundTrip(t *testing.T) {
	key := []byte("a key")
	body := rapid.Custom(func(t *rapid.T) initBody {
		return initBody{
			tag: rapid.Uint32().Draw(t, "tag"), window: rapid.Uint32().Draw(t, "window"),
			out: rapid.Uint16().Draw(t, "out"), in: rapid.Uint16().Draw(t, "in"), tsn: rapid.Uint32().Draw(t, "tsn"),
		}
	})
	addr := rapid.Custom(func(t *rapid.T) netip.Addr {
		return parseAddr(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
	})
	rapid.Check(t, func(t *rapid.T) {
		want := cookie{
			issued: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "issued")),
			remote: netip.AddrPortFrom(addr.Draw(t, "remote"), rapid.Uint16().Draw(t, "UDP port")),
			port:   rapid.Uint16().Draw(t, "port"),
			local:  body.Draw(t, "local"), peer: body.Draw(t, "peer"),
			tieLocal: rapid.Uint32().Draw(t, "tieLocal"), tiePeer: rapid.Uint32().Draw(t, "tiePeer"),
			addrs: rapid.SliceOfN(addr, 0, maxPeerAddrs).Draw(t, "addresses"),
		}
		if len(want.addrs) == 0 {
			want.addrs = nil
		}
		sealed := want.appendSealed(nil, key)
		got, err := openCookie(sealed, key, want.issued+cookieLife)
		if err != nil {
			t.Fatal(err)
		}
		compare := cmp.Options{cmp.AllowUnexported(cookie{}, initBody{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })}
		if diff := cmp.Diff(want, got, compare); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if _, err := openCookie(sealed, key, want.issued+cookieLife+1); !errors.Is(err, errStale) {
			t.Fatalf("after its life: want errStale, got %v", err)
		}
		if _, err := openCookie(sealed, []byte("other key"), 0); !errors.Is(err, errCookie) {
			t.Fatalf("other key: want errCookie, got %v", err)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "position")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := openCookie(sealed, key, 0); !errors.Is(err, errCookie) {
			t.Fatalf("one bit changed: want errCookie, got %v", err)
		}
		if _, err := openCookie(sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "length")], key, 0); !errors.Is(err, errCookie) {
			t.Fatalf("cut: want errCookie, got %v", err)
		}
	})
}
