package dtls

import (
	"errors"
	"io"
	"math"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
)

// enginePort is the SCTP port the engine uses, whatever the real one is.
const enginePort = 5000

// conn is the network as the SCTP engine of one association sees it: packets in
// DTLS records (RFC 8261), with the real ports outside.
type conn struct {
	a    *association
	dtls *dtls.Conn
	// port is the peer's SCTP port: the one dialled, or that of its INIT.
	port atomic.Uint32
	// tag is the peer's verification tag, once the engine knows it.
	tag atomic.Uint32
	// buffer, scratch and ending are used by Read only. ending is what to do after
	// the packet returned last.
	buffer, scratch []byte
	ending          func()
}

func newConn(a *association, d *dtls.Conn, port uint16) *conn {
	c := &conn{a: a, dtls: d, buffer: make([]byte, engineMTU)}
	c.port.Store(uint32(port))
	return c
}

// Read returns the next packet for the engine.
func (c *conn) Read(b []byte) (int, error) {
	for {
		if c.ending != nil {
			c.ending()
			c.ending = nil
		}
		n, err := c.dtls.Read(c.buffer)
		if err != nil {
			if errors.Is(err, io.EOF) {
				c.a.sessionClosed()
			} else if _, late := errors.AsType[*dtls.TimeoutError](err); !late {
				continue // a warning, or a record the engine did not like
			}
			return 0, err
		}
		c.a.session.confirmed.Store(true)
		if packet := c.inbound(c.buffer[:n]); packet != nil {
			return copy(b, packet), nil
		}
	}
}

// inbound makes a packet for the engine out of one from the wire; nil when
// nothing is left for it.
func (c *conn) inbound(b []byte) []byte {
	if len(b) < headerSize+chunkHeaderSize {
		return nil
	}
	h := parseHeader(b)
	if h.destination != c.a.session.mux.port || h.source == 0 {
		return nil
	}
	if chunkType(b[headerSize]) == chunkInit {
		c.port.CompareAndSwap(0, uint32(h.source))
	}
	if uint32(h.source) != c.port.Load() {
		return nil
	}
	c.a.pulse.note()
	packet := appendHeader(c.scratch[:0], header{enginePort, enginePort, h.tag})
	for rest := b[headerSize:]; len(rest) > 0 && c.ending == nil; {
		var k chunk
		if k, rest = nextChunk(rest); k == nil {
			break
		}
		var keep, more bool
		keep, more, c.ending = c.a.sift(k)
		if keep {
			packet = pad(append(packet, keepable(k)...), len(keepable(k)))
		}
		if !more {
			break
		}
	}
	c.scratch = packet[:0]
	if len(packet) == headerSize {
		return nil
	}
	if hasChecksum(b) {
		seal(packet)
	}
	return packet
}

// keepable is what the engine gets of a chunk it gets.
func keepable(k chunk) chunk {
	if k.kind() == chunkInit || k.kind() == chunkInitAck {
		return modestInit(k, math.MaxUint16, math.MaxUint16)
	}
	return k
}

// Write sends one packet of the engine: with the real ports, without HEARTBEAT,
// which the engine sends without its mandatory parameter.
func (c *conn) Write(b []byte) (int, error) {
	if len(b) < headerSize {
		return len(b), nil
	}
	h := parseHeader(b)
	if h.tag != 0 {
		c.tag.Store(h.tag)
	}
	packet := c.start(h.tag, len(b))
	last := chunkHeartbeat
	for rest := b[headerSize:]; len(rest) > 0; {
		var k chunk
		if k, rest = nextChunk(rest); k == nil {
			break
		}
		switch last = k.kind(); last {
		case chunkHeartbeat:
			continue
		case chunkInit, chunkInitAck:
			k = modestInit(k, c.a.session.mux.config.Streams, maxInboundStreams)
		default: // as it is
		}
		packet = pad(append(packet, k...), len(k))
	}
	c.a.sent(last)
	if len(packet) > headerSize {
		if hasChecksum(b) {
			seal(packet)
		}
		if _, err := c.dtls.Write(packet); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// start begins a packet to the peer.
func (c *conn) start(tag uint32, size int) []byte {
	return appendHeader(make([]byte, 0, size), header{c.a.session.mux.port, uint16(c.port.Load()), tag})
}

// send sends one chunk that is not the engine's.
func (c *conn) send(t chunkType, value []byte) {
	packet := appendChunk(c.start(c.tag.Load(), headerSize+chunkHeaderSize+len(value)+3), t, value)
	// A packet that does not leave is one the network lost.
	_, _ = c.dtls.Write(seal(packet))
}

// Close is called by the engine when it has ended by itself.
func (c *conn) Close() error {
	c.a.engineClosed()
	return nil
}

// LocalAddr is part of net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.dtls.LocalAddr() }

// RemoteAddr is part of net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.dtls.RemoteAddr() }

// SetDeadline is part of net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.dtls.SetDeadline(t) }

// SetReadDeadline is part of net.Conn; the engine uses it to wake its reader.
func (c *conn) SetReadDeadline(t time.Time) error { return c.dtls.SetReadDeadline(t) }

// SetWriteDeadline is part of net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.dtls.SetWriteDeadline(t) }
