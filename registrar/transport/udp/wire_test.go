package udp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"rserpool/registrar/transport"
)

// through dials from a to b by way of a relay.
func through(t *testing.T, a, b *mux) (*relay, *association, *association) {
	t.Helper()
	r := newRelay(t, b.sockets[0].Bound())
	s, err := a.Dial(testContext(t), r.address(b))
	if err != nil {
		t.Fatal(err)
	}
	return r, s.(*association), accept(t, b)
}

// TestEveryPacket looks at all that goes over the wire in the life of an
// association: whole SCTP packets with a good CRC32c (UDP-5.3-01), none longer
// than the MTU (UDP-5.6-01), real ports, and every HEARTBEAT with its info.
func TestEveryPacket(t *testing.T) {
	la, lb := listen(t, quick()), listen(t, quick())
	seen := map[chunkType]int{}
	r := newRelay(t, lb.sockets[0].Bound())
	r.setFate(func(b []byte, toServer bool) [][]byte {
		h, chunks, err := parsePacket(b)
		if err != nil || len(b) > mtu || len(b)%4 != 0 {
			t.Errorf("packet of %d bytes: %v", len(b), err)
		}
		want := header{la.port, lb.port, h.tag}
		if !toServer {
			want = header{lb.port, la.port, h.tag}
		}
		if h != want {
			t.Errorf("ports: want %+v, got %+v", want, h)
		}
		for len(chunks) > 0 {
			var c chunk
			c, chunks = nextChunk(chunks)
			seen[c.kind()]++
			if k := c.kind(); (k == chunkHeartbeat || k == chunkHeartbeatAck) && !bytes.HasPrefix(c, []byte{byte(k), 0, 0, 24, 0, 1, 0, 20}) {
				t.Errorf("heartbeat %x", []byte(c))
			}
		}
		return [][]byte{b}
	})
	s, err := la.Dial(testContext(t), r.address(lb))
	if err != nil {
		t.Fatal(err)
	}
	b := accept(t, lb)
	for _, n := range []int{1, 1000, 65536} {
		if err := s.Send(testContext(t), transport.Message{PPID: 12, Data: make([]byte, n)}); err != nil {
			t.Fatal(err)
		}
		recvText(t, b)
	}
	heard := make(chan struct{})
	r.mu.Lock()
	inner := r.fate
	r.fate = func(b []byte, toServer bool) [][]byte {
		before := seen[chunkHeartbeatAck]
		out := inner(b, toServer)
		if before < 3 && seen[chunkHeartbeatAck] == 3 {
			close(heard)
		}
		return out
	}
	r.mu.Unlock()
	select {
	case <-heard:
	case <-testContext(t).Done():
		t.Fatal("no heartbeats on an idle association")
	}
	if err := s.Shutdown(testContext(t)); err != nil {
		t.Fatal(err)
	}
	waitDone(t, b)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range []chunkType{
		chunkInit, chunkInitAck, chunkCookieEcho, chunkCookieAck, chunkData, chunkSack,
		chunkHeartbeat, chunkHeartbeatAck, chunkShutdown, chunkShutdownAck, chunkShutdownComplete,
	} {
		if seen[k] == 0 {
			t.Errorf("no chunk of type %d", k)
		}
	}
	if seen[chunkAbort] != 0 || seen[chunkError] != 0 {
		t.Errorf("%d ABORT, %d ERROR", seen[chunkAbort], seen[chunkError])
	}
}

// TestBadNetwork: a network that loses, doubles and reorders one packet in ten or so.
func TestBadNetwork(t *testing.T) {
	const count = 80
	// Heartbeats get lost as well: give them more tries.
	c := quick()
	c.MaxMissed = 20
	r, a, b := through(t, listen(t, c), listen(t, c))
	random := rand.New(rand.NewPCG(5, 6))
	var held []byte
	r.setFate(func(d []byte, _ bool) [][]byte {
		out := [][]byte{d}
		switch random.IntN(30) {
		case 0:
			return nil
		case 1:
			return [][]byte{d, d}
		case 2:
			if held == nil {
				held = d
				return nil
			}
		}
		if held != nil && random.IntN(3) == 0 {
			out, held = append(out, held), nil
		}
		return out
	})
	ctx := testContext(t)
	sent := make(chan error, 1)
	go func() {
		for i := range count {
			data := bytes.Repeat([]byte{byte(i)}, 1+i*53%6000)
			if err := a.Send(ctx, transport.Message{PPID: uint32(i), Data: data}); err != nil {
				sent <- err
				return
			}
		}
		sent <- a.Shutdown(ctx)
	}()
	for i := range count {
		m, err := b.Recv(ctx)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if m.PPID != uint32(i) || !bytes.Equal(m.Data, bytes.Repeat([]byte{byte(i)}, 1+i*53%6000)) {
			t.Fatalf("message %d: PPID %d, %d bytes", i, m.PPID, len(m.Data))
		}
	}
	if err := <-sent; err != nil {
		t.Errorf("sender: %v", err)
	}
	waitDone(t, b)
	if err := b.Err(); !errors.Is(err, transport.ErrShutdown) {
		t.Errorf("want ErrShutdown, got %v", err)
	}
}

// TestPortChange: traffic follows a peer whose NAT gave it a new port (UDP-5.4-01).
func TestPortChange(t *testing.T) {
	r, a, b := through(t, listen(t, quick()), listen(t, quick()))
	for i := range 3 {
		before := b.Peer().UDPPort
		r.rebind()
		text := fmt.Sprint("after change ", i)
		if err := a.Send(testContext(t), transport.Message{PPID: 1, Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		if got := recvText(t, b); got != text {
			t.Errorf("got %q", got)
		}
		if after := b.Peer().UDPPort; after == before {
			t.Errorf("UDP port is %d still", after)
		}
		if err := b.Send(testContext(t), transport.Message{PPID: 1, Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		if got := recvText(t, a); got != text {
			t.Errorf("got %q", got)
		}
	}
}

// TestBigDatagram: a kernel on the loopback bundles up to 60 kB, more than the
// engine takes at once.
func TestBigDatagram(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	var chunks [][]byte
	const count = 41
	for i := range uint32(count) {
		chunks = append(chunks, data(r.offer.tsn+i, uint16(i%2), uint16(i/2), i, bytes.Repeat([]byte{byte(i)}, 1400+int(i))))
	}
	r.send(r.theirs.tag, chunks...)
	next := [2]uint32{0, 1}
	for range count {
		m, err := a.Recv(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		if m.PPID != next[m.Stream] || len(m.Data) != 1400+int(m.PPID) {
			t.Fatalf("stream %d: want PPID %d, got %d with %d bytes", m.Stream, next[m.Stream], m.PPID, len(m.Data))
		}
		next[m.Stream] += 2
	}
}

// TestHeartbeat: a peer that answers stays, one that stops is lost and told so.
func TestHeartbeat(t *testing.T) {
	m := listen(t, quick())
	r := newRawPeer(t, m)
	a := r.associate(m)
	// Theirs is answered, with its info, whatever that is.
	info := []byte{0, 1, 0, 10, 1, 2, 3, 4, 5, 6}
	r.send(r.theirs.tag, appendChunk(nil, chunkHeartbeat, 0, info))
	if _, c := r.expect(chunkHeartbeatAck); !bytes.Equal(c.value(), info) {
		t.Errorf("HEARTBEAT ACK: want %x, got %x", info, c.value())
	}
	var infos [][]byte
	for range 2 * m.config.MaxMissed {
		_, c := r.expect(chunkHeartbeat)
		infos = append(infos, bytes.Clone(c.value()))
		r.send(r.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, c.value()))
	}
	if bytes.Equal(infos[0], infos[1]) {
		t.Error("two heartbeats alike")
	}
	if err := a.Err(); err != nil {
		t.Fatalf("association ended although heartbeats were answered: %v", err)
	}
	if _, c := r.expect(chunkAbort); !strings.Contains(abortReason(c), "heartbeats") {
		t.Errorf("ABORT: %s", abortReason(c))
	}
	waitDone(t, a)
	if err := a.Err(); !errors.Is(err, transport.ErrLost) {
		t.Errorf("want ErrLost, got %v", err)
	}
}

// TestICMP: a port unreachable alone does not end an association (UDP-5.5-01).
func TestICMP(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	r.conn.Close()
	for range 3 { // the loopback answers each with ICMP at once
		if err := a.Send(testContext(t), transport.Message{PPID: 1, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	friend := newRawPeer(t, m) // its answer comes after the ICMP messages
	friend.associate(m)
	if err := a.Err(); err != nil {
		t.Errorf("association ended: %v", err)
	}
}

// TestShutdownComplete: when the last packet of a shutdown is lost, the repeated
// SHUTDOWN ACK finds nobody, and is answered all the same.
func TestShutdownComplete(t *testing.T) {
	r, a, b := through(t, listen(t, calm()), listen(t, calm()))
	lost := 0
	r.setFate(func(d []byte, _ bool) [][]byte {
		if chunkType(d[headerSize]) == chunkShutdownComplete && lost == 0 {
			lost++
			return nil
		}
		return [][]byte{d}
	})
	if err := a.Shutdown(testContext(t)); err != nil {
		t.Fatal(err)
	}
	waitDone(t, b)
	if err := b.Err(); !errors.Is(err, transport.ErrShutdown) {
		t.Errorf("want ErrShutdown, got %v", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if lost != 1 {
		t.Error("no SHUTDOWN COMPLETE was lost")
	}
}

// TestForgottenShutdown: an ABORT with T instead of SHUTDOWN COMPLETE, because
// the peer had forgotten the association when a late packet came, does not turn
// a finished shutdown into a failure. Before all data arrived, it is one.
func TestForgottenShutdown(t *testing.T) {
	for _, c := range []struct {
		name     string
		shutdown bool
		want     error
	}{{"after SHUTDOWN ACK", true, transport.ErrShutdown}, {"before", false, transport.ErrAborted}} {
		t.Run(c.name, func(t *testing.T) {
			m := listen(t, calm())
			r := newRawPeer(t, m)
			a := r.associate(m)
			if c.shutdown {
				r.send(r.theirs.tag, appendChunk(nil, chunkShutdown, 0, binary.BigEndian.AppendUint32(nil, r.theirs.tsn-1)))
				r.expect(chunkShutdownAck)
			}
			r.send(r.offer.tag, appendChunk(nil, chunkAbort, flagT))
			waitDone(t, a)
			if err := a.Err(); !errors.Is(err, c.want) {
				t.Errorf("want %v, got %v", c.want, err)
			}
		})
	}
}

// TestReadAfterEnd: what the peer said before it aborted can still be read.
func TestReadAfterEnd(t *testing.T) {
	m := listen(t, calm())
	r := newRawPeer(t, m)
	a := r.associate(m)
	r.send(r.theirs.tag,
		data(r.offer.tsn, 0, 0, 11, []byte("last words")),
		appendChunk(nil, chunkAbort, 0))
	waitDone(t, a)
	if got := recvText(t, a); got != "last words" {
		t.Errorf("got %q", got)
	}
	if _, err := a.Recv(testContext(t)); !errors.Is(err, transport.ErrAborted) {
		t.Errorf("want ErrAborted, got %v", err)
	}
}
