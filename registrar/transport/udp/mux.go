package udp

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

// mux owns the sockets of one listener and knows every association on them.
type mux struct {
	config  transport.Config
	port    uint16 // SCTP
	sockets []*datagram.Socket
	secret  [32]byte // authenticates cookies
	start   time.Time
	backlog chan *association
	closed  chan struct{}
	readers sync.WaitGroup

	mu     sync.Mutex
	byTag  map[uint32]*association // by our verification tag
	byPeer map[peerKey]*association
	dials  map[uint32]*dial // by our verification tag
}

// peerKey is what tells a peer's endpoints apart. The UDP port is part of it:
// behind a NAT two peers may share address and SCTP port.
type peerKey struct {
	udp  netip.AddrPort
	port uint16
}

func keyOf(remote netip.AddrPort, port uint16) peerKey {
	return peerKey{netip.AddrPortFrom(remote.Addr().WithZone(""), remote.Port()), port}
}

func newMux(c transport.Config, sockets []*datagram.Socket, port uint16) *mux {
	m := &mux{
		config:  c,
		port:    port,
		sockets: sockets,
		start:   time.Now(),
		backlog: make(chan *association, c.MaxHalfOpen),
		closed:  make(chan struct{}),
		byTag:   make(map[uint32]*association),
		byPeer:  make(map[peerKey]*association),
		dials:   make(map[uint32]*dial),
	}
	rand.Read(m.secret[:])
	for _, s := range sockets {
		m.readers.Go(func() { m.serve(s) })
	}
	return m
}

// now is the mux's clock, which stamps cookies.
func (m *mux) now() time.Duration { return time.Since(m.start) }

// serve reads from one socket until it is closed.
func (m *mux) serve(s *datagram.Socket) {
	if s.Serve(m.receive) != nil {
		go m.close() // which waits for this
	}
}

// receive takes one datagram, which it does not keep.
func (m *mux) receive(p datagram.Path, b []byte) {
	h, chunks, err := parsePacket(b)
	if err != nil || h.destination != m.port {
		return
	}
	first, rest := nextChunk(chunks)
	switch first.kind() {
	case chunkInit:
		if h.tag == 0 && len(rest) == 0 {
			m.handleInit(p, h, first)
		}
	case chunkInitAck:
		if len(rest) == 0 {
			m.handleInitAck(p, h, first)
		}
	case chunkCookieEcho:
		if a := m.handleCookieEcho(p, h, first); a != nil {
			a.receive(p, h, rest)
		}
	default:
		m.dispatch(p, h, chunks)
	}
}

// dispatch finds whom the verification tag belongs to. Nothing reaches an
// association without the right one.
func (m *mux) dispatch(p datagram.Path, h header, chunks []byte) {
	m.mu.Lock()
	a, d := m.byTag[h.tag], m.dials[h.tag]
	reflected := m.byPeer[keyOf(p.Remote, h.source)]
	m.mu.Unlock()
	switch {
	case a != nil:
		if a.port == h.source && a.knows(p.Remote.Addr()) {
			a.receive(p, h, chunks)
		}
	case d != nil:
		d.receive(p, h, chunks)
	case reflected != nil && reflected.peer.tag == h.tag && isReflected(chunks):
		reflected.receive(p, h, chunks)
	default:
		m.outOfTheBlue(p, h, chunks)
	}
}

// isReflected reports whether the first chunk may carry the receiver's own view
// of the tag (RFC 9260 section 8.5.1 B and C).
func isReflected(chunks []byte) bool {
	c, _ := nextChunk(chunks)
	return c.flags()&flagT != 0 && (c.kind() == chunkAbort || c.kind() == chunkShutdownComplete)
}

// outOfTheBlue answers a packet of no association here (RFC 9260 section 8.4),
// so that a peer soon learns that this end has restarted or ended.
func (m *mux) outOfTheBlue(p datagram.Path, h header, chunks []byte) {
	if h.tag == 0 || !usable(p.Remote.Addr()) {
		return
	}
	answer := chunkAbort
	for len(chunks) > 0 {
		var c chunk
		c, chunks = nextChunk(chunks)
		switch c.kind() {
		case chunkAbort, chunkShutdownComplete, chunkCookieAck, chunkError,
			chunkInit, chunkInitAck, chunkCookieEcho, chunkHeartbeatAck:
			return // answering these could go round for ever
		case chunkShutdownAck:
			answer = chunkShutdownComplete
		default: // belongs to an association that is gone
		}
	}
	m.reply(p, h.source, h.tag, answer, flagT)
}

// reply sends a packet of one chunk outside any association.
func (m *mux) reply(p datagram.Path, port uint16, tag uint32, t chunkType, flags byte, value ...[]byte) {
	b := appendHeader(make([]byte, 0, 64), header{m.port, port, tag})
	p.Send(seal(appendChunk(b, t, flags, value...)))
}

// newTag draws a verification tag no association here has. It is called with
// mu held.
func (m *mux) newTag() uint32 {
	for {
		t := random32()
		if t != 0 && m.byTag[t] == nil && m.dials[t] == nil {
			return t
		}
	}
}

func random32() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])
}

// offer is our half of a handshake.
func (m *mux) offer(tag uint32) initBody {
	return initBody{
		tag: tag, window: receiveBuffer,
		out: m.config.Streams, in: maxInboundStreams,
		tsn: random32(),
	}
}

// close ends everything. It may be called more than once.
func (m *mux) close() {
	m.mu.Lock()
	select {
	case <-m.closed:
		m.mu.Unlock()
		return
	default:
	}
	close(m.closed)
	var all []*association
	for _, a := range m.byTag {
		all = append(all, a)
	}
	m.mu.Unlock()
	for _, a := range all {
		a.Abort("listener closed")
	}
	datagram.CloseAll(m.sockets)
	m.readers.Wait()
}
