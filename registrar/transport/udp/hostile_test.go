package udp

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

// TestWrongTag: nothing with a wrong verification tag reaches an association,
// and none of it moves its UDP port (UDP-5.4-02).
func TestWrongTag(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	good := r.theirs.tag
	tsn := []byte{0, 0, 3, 231}
	forgeries := []struct {
		name  string
		tag   uint32
		chunk []byte
	}{
		{"ABORT", good + 1, appendChunk(nil, chunkAbort, 0)},
		{"ABORT with the peer's tag but without T", r.offer.tag, appendChunk(nil, chunkAbort, 0)},
		{"ABORT with T and our tag", good, appendChunk(nil, chunkAbort, flagT)},
		{"ABORT with T and a wrong tag", r.offer.tag + 1, appendChunk(nil, chunkAbort, flagT)},
		{"SHUTDOWN", good + 1, appendChunk(nil, chunkShutdown, 0, tsn)},
		{"SHUTDOWN ACK with the peer's tag", r.offer.tag, appendChunk(nil, chunkShutdownAck, 0)},
		{"SHUTDOWN COMPLETE with T and a wrong tag", good + 2, appendChunk(nil, chunkShutdownComplete, flagT)},
		{"DATA", good + 1, data(1000, 0, 0, 11, []byte("forged"))},
		{"DATA with tag 0", 0, data(1000, 0, 0, 11, []byte("forged"))},
		{"COOKIE ECHO", good, appendChunk(nil, chunkCookieEcho, 0, bytes.Repeat([]byte{7}, 120))},
	}
	stranger := newRawPeer(t, m)
	stranger.port = r.port
	for _, f := range forgeries {
		r.send(f.tag, f.chunk)
		stranger.send(f.tag, f.chunk)
		if err := a.Err(); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
	}
	broken := r.packet(good, appendChunk(nil, chunkAbort, 0))
	broken[8] ^= 1
	r.write(broken)

	r.send(good, data(1000, 0, 0, 11, []byte("genuine")))
	if got := recvText(t, a); got != "genuine" {
		t.Errorf("want the genuine message first, got %q", got)
	}
	if got := a.Peer().UDPPort; got != r.port {
		t.Errorf("UDP port: want %d, got %d", r.port, got)
	}
	if err := a.Err(); err != nil {
		t.Errorf("association ended: %v", err)
	}
	r.send(r.offer.tag, appendChunk(nil, chunkAbort, flagT))
	waitDone(t, a)
	if err := a.Err(); !errors.Is(err, transport.ErrAborted) {
		t.Errorf("genuine ABORT with T: want ErrAborted, got %v", err)
	}
}

// TestInitFlood: an INIT, whose source anyone can forge, leaves nothing behind.
func TestInitFlood(t *testing.T) {
	const count = 5000
	m := listen(t, calm())
	r := newRawPeer(t, m)
	r.init() // what is allocated once
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	for i := range count {
		r.port, r.offer.tag = uint16(1+i), uint32(1+i)
		r.init()
	}
	if associations, dials, backlog := entries(m); associations+dials+backlog != 0 {
		t.Errorf("entries of associations %d, dials %d, backlog %d after %d INITs", associations, dials, backlog, count)
	}
	if after := runtime.NumGoroutine(); after > goroutines+2 {
		t.Errorf("goroutines: %d before, %d after", goroutines, after)
	}
	// Even a map entry for each would come to more.
	if after := heapInUse(); after > heap+count*64 {
		t.Errorf("heap: %d bytes before, %d after", heap, after)
	}
	// The flood has not filled any limit.
	friend := newRawPeer(t, m)
	friend.associate(m)
}

func heapInUse() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one let go of
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestCookies: only an own, fresh cookie makes an association.
func TestCookies(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	r.init()
	// Forged, and an honest one from somewhere else: no answer at all.
	forged := bytes.Clone(r.theirs.cookie)
	forged[len(forged)-1] ^= 1
	r.send(r.theirs.tag, appendChunk(nil, chunkCookieEcho, 0, forged))
	r.send(r.theirs.tag+1, appendChunk(nil, chunkCookieEcho, 0, r.theirs.cookie))
	thief := newRawPeer(t, m)
	thief.port = r.port
	thief.send(r.theirs.tag, appendChunk(nil, chunkCookieEcho, 0, r.theirs.cookie))
	// Sixty-one seconds old: a report, and no association (RFC 9260 section 5.2.6).
	ck, err := openCookie(r.theirs.cookie, m.secret[:], m.now())
	if err != nil {
		t.Fatal(err)
	}
	ck.issued -= cookieLife + time.Second
	r.send(r.theirs.tag, appendChunk(nil, chunkCookieEcho, 0, ck.appendSealed(nil, m.secret[:])))
	if _, c := r.expect(chunkError); c.value()[1] != causeStaleCookie {
		t.Errorf("want the cause Stale Cookie, got %x", c.value())
	}
	if _, _, n := entries(m); n != 0 {
		t.Fatalf("%d associations from bad cookies", n)
	}
	// A fresh one, twice: one association, two acknowledgements.
	r.init()
	r.echo()
	r.echo()
	accept(t, m)
	if _, _, n := entries(m); n != 0 {
		t.Errorf("%d more associations from the same cookie", n)
	}
}

// TestOutOfTheBlue: RFC 9260 section 8.4.
func TestOutOfTheBlue(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	const tag = 0xabcdef01
	for _, c := range []struct {
		name string
		in   []byte
		want chunkType
	}{
		{"DATA", data(1, 0, 0, 11, []byte("x")), chunkAbort},
		{"HEARTBEAT", appendChunk(nil, chunkHeartbeat, 0, []byte{0, 1, 0, 8, 1, 2, 3, 4}), chunkAbort},
		{"SHUTDOWN ACK", appendChunk(nil, chunkShutdownAck, 0), chunkShutdownComplete},
	} {
		// None of these may be answered, so the next answer is to c.in.
		for _, silent := range []chunkType{chunkAbort, chunkShutdownComplete, chunkCookieAck, chunkError, chunkInitAck, chunkHeartbeatAck} {
			r.send(tag, appendChunk(nil, silent, 0))
		}
		r.send(0, c.in)
		r.send(tag, c.in)
		h, answer := r.expect(c.want)
		if h.tag != tag || answer.flags()&flagT == 0 {
			t.Errorf("%s: want tag %#x reflected with T, got %#x, flags %d", c.name, tag, h.tag, answer.flags())
		}
	}
}

// TestGarbage: any bytes may arrive, with a good checksum or without.
func TestGarbage(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		b := make([]byte, random.IntN(300))
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		if i%2 == 0 && len(b) >= headerSize+chunkHeaderSize {
			b = append(appendHeader(nil, header{r.port, m.port, random.Uint32()}), b[headerSize:]...)
			b[headerSize+2], b[headerSize+3] = 0, byte(len(b)-headerSize)
			seal(b)
		}
		r.write(b)
	}
	r.conn.Close() // what was answered does not matter
	if err := a.Err(); err != nil {
		t.Errorf("association ended: %v", err)
	}
	friend := newRawPeer(t, m)
	friend.associate(m)
}

// TestViolations: DATA that would get the engine stuck ends the association,
// and both sides are told why.
func TestViolations(t *testing.T) {
	for _, c := range []struct {
		name  string
		chunk []byte
		want  string
	}{
		{"no user data", data(1000, 0, 0, 11, nil), "without user data"},
		{"too long for the engine", data(1000, 0, 0, 11, make([]byte, 9000)), "at most 8180 fit"},
		{"stream not offered", data(1000, maxInboundStreams, 0, 11, []byte("x")), "stream 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := listen(t, calm())
			r := newRawPeer(t, m)
			a := r.associate(m)
			r.send(r.theirs.tag, c.chunk)
			waitDone(t, a)
			if err := a.Err(); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want ErrAborted with %q, got %v", c.want, err)
			}
			if _, abort := r.expect(chunkAbort); !strings.Contains(abortReason(abort), c.want) {
				t.Errorf("ABORT: want %q, got %s", c.want, abortReason(abort))
			}
		})
	}
}

// TestMessageTooLong: fragments that add up to more than a message may have.
func TestMessageTooLong(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	for i := range uint32(60) {
		d := data(1000+i, 0, 0, 11, make([]byte, 1200))
		d[1] = 0
		switch i {
		case 0:
			d[1] = 2 // first fragment
		case 59:
			d[1] = 1 // last fragment
		}
		r.send(r.theirs.tag, d)
	}
	waitDone(t, a)
	if err := a.Err(); !errors.Is(err, transport.ErrAborted) || !strings.Contains(err.Error(), "longer than 65536") {
		t.Errorf("want ErrAborted that tells the limit, got %v", err)
	}
}

// TestOtherAddress: a packet with the right tag from an address the peer never
// named is not the peer's.
func TestOtherAddress(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	if a.knows(netip.MustParseAddr("127.0.0.2")) || !a.knows(loopback) {
		t.Errorf("knows: addresses are %v", a.addrs)
	}
	packet := r.packet(r.theirs.tag, appendChunk(nil, chunkAbort, 0))
	m.receive(datagram.Path{Socket: m.sockets[0], Remote: netip.MustParseAddrPort("127.0.0.2:9")}, packet)
	if err := a.Err(); err != nil {
		t.Errorf("association ended: %v", err)
	}
	m.receive(datagram.Path{Socket: m.sockets[0], Remote: netip.AddrPortFrom(loopback, r.port)}, packet)
	waitDone(t, a)
}
