package udp

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/transport"
)

// TestKernelInit: the INIT of a Linux kernel with two addresses, and parameters
// nobody knows.
func TestKernelInit(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	parameters := []byte{
		0, 5, 0, 8, 198, 51, 100, 1, // IPv4 addresses
		0, 5, 0, 8, 192, 0, 2, 7,
		0, 6, 0, 20, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // IPv6 address
		0, 12, 0, 8, 0, 5, 0, 6, // supported address types
		0x80, 0, 0, 4, // ECN capable
		0x80, 8, 0, 6, 0xc0, 0x82, 0, 0, // supported extensions, padded
		0xc0, 0, 0, 4, // forward TSN supported: to be reported when unknown
		0x3f, 0xff, 0, 4, // unknown: read no further
		0, 5, 0, 8, 203, 0, 113, 1,
	}
	a := r.associate(m, parameters...)
	want := transport.Peer{
		Addrs: []netip.Addr{
			loopback, netip.MustParseAddr("192.0.2.7"),
			netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1"),
		},
		Port: r.port, UDPPort: r.port,
	}
	if diff := cmp.Diff(want, a.Peer(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("Peer (-want +got):\n%s", diff)
	}
	// The report came back as an unrecognized parameter, and no address of ours
	// in the INIT ACK: NATs do not rewrite those (UDP-5.7-01).
	r.init(parameters...)
	if len(r.theirs.addrs) != 0 {
		t.Errorf("INIT ACK lists addresses: %v", r.theirs.addrs)
	}
	r.send(0, appendChunk(nil, chunkInit, 0, r.offer.append(nil), parameters))
	_, c := r.expect(chunkInitAck)
	if got := c.value()[initBodySize : initBodySize+8]; !cmp.Equal(got, []byte{0, 8, 0, 8, 0xc0, 0, 0, 4}) {
		t.Errorf("want a report of parameter 0xc000 first, got %x", got)
	}
}

// TestDialInit: our INIT names streams and window, and no address (UDP-5.7-01).
func TestDialInit(t *testing.T) {
	c := calm()
	c.Streams = 7
	m := listen(t, c)
	r := newRawPeer(t, m)
	dialled := startDial(t, m, r)
	h, init := r.expect(chunkInit)
	got, err := parseInit(init.value())
	if err != nil {
		t.Fatal(err)
	}
	if h.tag != 0 || h.source != m.port || got.out != 7 || got.in != maxInboundStreams || got.window != receiveBuffer || len(got.addrs) != 0 {
		t.Errorf("header %+v, INIT %+v", h, got)
	}
	if len(init) != chunkHeaderSize+initBodySize {
		t.Errorf("INIT of %d bytes", len(init))
	}
	r.theirs = got
	r.answer([]byte("cookie"))
	if _, c := r.expect(chunkCookieEcho); string(c.value()) != "cookie" {
		t.Errorf("COOKIE ECHO: %x", c.value())
	}
	// DATA may be bundled with the COOKIE ACK.
	r.send(got.tag, appendChunk(nil, chunkCookieAck, 0), data(r.offer.tsn, 3, 0, 12, []byte("first")))
	a := <-dialled
	if got := recvText(t, a); got != "first" {
		t.Errorf("got %q", got)
	}
}

// startDial dials from m to r and delivers the association.
func startDial(t *testing.T, m *mux, r *rawPeer) <-chan transport.Association {
	t.Helper()
	ctx, out := testContext(t), make(chan transport.Association, 1)
	go func() {
		s, err := m.Dial(ctx, r.address())
		if err != nil {
			t.Error(err)
		}
		out <- s
	}()
	return out
}

// answer sends an INIT ACK.
func (r *rawPeer) answer(cookie []byte) {
	r.t.Helper()
	r.send(r.theirs.tag, appendChunk(nil, chunkInitAck, 0, appendParameter(r.offer.append(nil), paramCookie, cookie)))
}

// TestCollision walks through the ways in which two INITs can cross
// (RFC 9260 sections 5.2.1 and 5.2.4): Dial returns the one association.
func TestCollision(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(r *rawPeer)
	}{
		{"the peer's handshake is first", func(r *rawPeer) {
			r.init()
			r.echo()
		}},
		{"both get as far as COOKIE ECHO", func(r *rawPeer) {
			r.init()
			r.answer([]byte("cookie of the peer"))
			r.expect(chunkCookieEcho)
			r.echo()
		}},
		{"ours completes after both echoed", func(r *rawPeer) {
			r.init()
			r.answer([]byte("cookie of the peer"))
			r.expect(chunkCookieEcho)
			r.send(r.theirs.tag, appendChunk(nil, chunkCookieAck, 0))
			r.echo() // action D
		}},
		{"the peer forgot its first tag", func(r *rawPeer) {
			r.answer([]byte("cookie of the peer"))
			r.expect(chunkCookieEcho)
			r.offer.tag ^= 0x5555
			r.init()
			r.echo() // action B
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := listen(t, calm())
			r := newRawPeer(t, m)
			dialled := startDial(t, m, r)
			_, init := r.expect(chunkInit)
			ours := parseInitBody(init.value())
			r.theirs.initBody = ours
			c.play(r)
			if r.theirs.tag != ours.tag || r.theirs.tsn != ours.tsn {
				t.Errorf("INIT ACK during our own dial: want our INIT's %+v, got %+v", ours, r.theirs.initBody)
			}
			a := <-dialled
			r.send(ours.tag, data(r.offer.tsn, 0, 0, 11, []byte("hello")))
			if got := recvText(t, a); got != "hello" {
				t.Errorf("got %q", got)
			}
			if err := a.Send(testContext(t), transport.Message{PPID: 11, Data: []byte("hi")}); err != nil {
				t.Fatal(err)
			}
			h, d := r.expect(chunkData)
			if h.tag != r.offer.tag || binary.BigEndian.Uint32(d[4:]) != ours.tsn {
				t.Errorf("DATA with tag %#x and TSN %d, want %#x and %d",
					h.tag, binary.BigEndian.Uint32(d[4:]), r.offer.tag, ours.tsn)
			}
			if associations, dials, backlog := entries(m); associations != 2 || dials != 0 || backlog != 0 {
				t.Errorf("entries of associations %d, dials %d, backlog %d; want 2, 0, 0", associations, dials, backlog)
			}
		})
	}
}

// TestCollisionStress dials from both sides within a few hundred microseconds
// of each other, so that every interleaving comes up.
func TestCollisionStress(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	la, lb := listen(t, quick()), listen(t, quick())
	for range 150 {
		ctx := testContext(t)
		ends := make(chan transport.Association, 2)
		for _, l := range [][2]*mux{{la, lb}, {lb, la}} {
			start := time.After(time.Duration(random.IntN(300)) * time.Microsecond)
			go func() {
				<-start
				to := transport.Address{Addrs: []netip.Addr{loopback}, Port: l[1].port}
				s, err := l[0].Dial(ctx, to)
				if errors.Is(err, transport.ErrExists) {
					s, err = l[0].Accept(ctx)
				}
				if err != nil {
					t.Error(err)
				}
				ends <- s
			}()
		}
		a, b := <-ends, <-ends
		if t.Failed() {
			return
		}
		for _, way := range [][2]transport.Association{{a, b}, {b, a}} {
			if err := way[0].Send(ctx, transport.Message{PPID: 1, Data: []byte("x")}); err != nil {
				t.Fatal(err)
			}
			recvText(t, way[1])
		}
		for _, m := range []*mux{la, lb} {
			if associations, dials, backlog := entries(m); associations != 2 || dials != 0 || backlog != 0 {
				t.Fatalf("entries of associations %d, dials %d, backlog %d; want 2, 0, 0", associations, dials, backlog)
			}
		}
		a.Abort("next round")
		waitDone(t, a)
		waitDone(t, b)
	}
}

// TestRestart: an INIT of a peer that lost its state replaces what it had, once
// the cookie proved it (RFC 9260 section 5.2.4, action A).
func TestRestart(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	old := r.associate(m)
	r.offer.tag ^= 0x1234
	r.init()
	if err := old.Err(); err != nil {
		t.Fatalf("an INIT alone, which may be forged, ended the association: %v", err)
	}
	r.echo()
	waitDone(t, old)
	if err := old.Err(); !errors.Is(err, transport.ErrAborted) {
		t.Errorf("old association: want ErrAborted, got %v", err)
	}
	a := accept(t, m)
	r.send(r.theirs.tag, data(r.offer.tsn, 0, 0, 11, []byte("again")))
	if got := recvText(t, a); got != "again" {
		t.Errorf("got %q", got)
	}
	if err := a.Err(); err != nil {
		t.Errorf("new association: %v", err)
	}
}
