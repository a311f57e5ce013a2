package udp

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

const patience = 60 * time.Second

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

var loopback = netip.MustParseAddr("127.0.0.1")

// quick finds a silent peer within half a second.
func quick() transport.Config {
	return transport.Config{
		Local:            transport.Address{Addrs: []netip.Addr{loopback}},
		Heartbeat:        100 * time.Millisecond,
		MaxMissed:        3,
		HandshakeTimeout: 5 * time.Second,
	}
}

// calm leaves a peer that never answers a heartbeat alone.
func calm() transport.Config {
	c := quick()
	c.Heartbeat = time.Hour
	return c
}

func listen(t *testing.T, c transport.Config) *mux {
	t.Helper()
	l, err := New().Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*mux)
}

// rawPeer is a peer made of single packets, which can do what a real one would
// not.
type rawPeer struct {
	t    *testing.T
	conn *net.UDPConn
	port uint16
	// to is the SCTP port of the other end, at its UDP port.
	to     netip.AddrPort
	offer  initBody
	theirs initChunk
}

// newRawPeer returns a peer of m that has sent nothing yet.
func newRawPeer(t *testing.T, m *mux) *rawPeer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawPeer{
		t: t, conn: conn,
		port:  conn.LocalAddr().(*net.UDPAddr).AddrPort().Port(),
		to:    m.sockets[0].Bound(),
		offer: initBody{tag: random32() | 1, window: 100000, out: 10, in: 10, tsn: 1000},
	}
}

func (r *rawPeer) address() transport.Address {
	return transport.Address{Addrs: []netip.Addr{loopback}, Port: r.port}
}

// packet returns a sealed packet of ready chunks.
func (r *rawPeer) packet(tag uint32, chunks ...[]byte) []byte {
	b := appendHeader(nil, header{r.port, r.to.Port(), tag})
	for _, c := range chunks {
		b = append(b, c...)
	}
	return seal(b)
}

func (r *rawPeer) write(b []byte) {
	r.t.Helper()
	if _, err := r.conn.WriteToUDPAddrPort(b, r.to); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rawPeer) send(tag uint32, chunks ...[]byte) {
	r.t.Helper()
	r.write(r.packet(tag, chunks...))
}

// expect returns the next chunk of type want, and the header it came with. It
// passes over heartbeats and selective acknowledgements.
func (r *rawPeer) expect(want chunkType) (header, chunk) {
	r.t.Helper()
	b := make([]byte, datagram.MaxSize)
	r.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := r.conn.Read(b)
		if err != nil {
			r.t.Fatalf("waiting for chunk type %d: %v", want, err)
		}
		h, chunks, err := parsePacket(b[:n])
		if err != nil {
			r.t.Fatalf("packet %x: %v", b[:n], err)
		}
		for len(chunks) > 0 {
			var c chunk
			c, chunks = nextChunk(chunks)
			switch {
			case c.kind() == want:
				return h, c
			case c.kind() != chunkHeartbeat && c.kind() != chunkSack:
				r.t.Fatalf("want chunk type %d, got %d: %x", want, c.kind(), []byte(c))
			}
		}
	}
}

// init sends an INIT with extra parameters and takes the INIT ACK.
func (r *rawPeer) init(parameters ...byte) {
	r.t.Helper()
	r.send(0, appendChunk(nil, chunkInit, 0, r.offer.append(nil), parameters))
	h, c := r.expect(chunkInitAck)
	if h.tag != r.offer.tag {
		r.t.Fatalf("INIT ACK: want tag %#x, got %#x", r.offer.tag, h.tag)
	}
	var err error
	if r.theirs, err = parseInit(c.value()); err != nil {
		r.t.Fatal(err)
	}
}

// echo returns the cookie and takes the COOKIE ACK.
func (r *rawPeer) echo() {
	r.t.Helper()
	r.send(r.theirs.tag, appendChunk(nil, chunkCookieEcho, 0, r.theirs.cookie))
	r.expect(chunkCookieAck)
}

// associate does a whole handshake and returns m's end.
func (r *rawPeer) associate(m *mux, parameters ...byte) *association {
	r.t.Helper()
	r.init(parameters...)
	r.echo()
	return accept(r.t, m)
}

func accept(t *testing.T, m *mux) *association {
	t.Helper()
	s, err := m.Accept(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return s.(*association)
}

// data is a DATA chunk with a whole message on a stream.
func data(tsn uint32, stream, number uint16, ppid uint32, payload []byte) []byte {
	value := []byte{
		byte(tsn >> 24), byte(tsn >> 16), byte(tsn >> 8), byte(tsn),
		byte(stream >> 8), byte(stream), byte(number >> 8), byte(number),
		byte(ppid >> 24), byte(ppid >> 16), byte(ppid >> 8), byte(ppid),
	}
	return appendChunk(nil, chunkData, 3, value, payload)
}

func recvText(t *testing.T, s transport.Association) string {
	t.Helper()
	m, err := s.Recv(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Data)
}

func waitDone(t *testing.T, s transport.Association) {
	t.Helper()
	select {
	case <-s.Done():
	case <-testContext(t).Done():
		t.Fatal("association has not ended")
	}
}

// entries is how much m keeps of each kind.
func entries(m *mux) (associations, dials, backlog int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.byTag) + len(m.byPeer), len(m.dials), len(m.backlog)
}

// answerHeartbeats answers the next heartbeat, if that is what comes next; it
// returns false after stop.
func (r *rawPeer) answerHeartbeats(stop <-chan struct{}) bool {
	b := make([]byte, datagram.MaxSize)
	n, err := r.conn.Read(b)
	select {
	case <-stop:
		return false
	default:
	}
	if err != nil {
		r.t.Error(err)
		return false
	}
	if _, chunks, err := parsePacket(b[:n]); err == nil {
		if c, _ := nextChunk(chunks); c.kind() == chunkHeartbeat {
			_, err = r.conn.WriteToUDPAddrPort(r.packet(r.theirs.tag, appendChunk(nil, chunkHeartbeatAck, 0, c.value())), r.to)
			return err == nil
		}
	}
	return true
}
