package udp

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/transport/v5/deadline"
)

// enginePort is the SCTP port the engine uses, whatever the real one is.
const enginePort = 5000

// conn is the network as the engine of one association sees it.
type conn struct {
	a        *association
	packets  chan []byte
	closed   chan struct{}
	once     sync.Once
	deadline *deadline.Deadline
	// out is the packet being written: by one goroutine of the engine.
	out []byte
	// sack is called with every SACK chunk in it.
	sack func(chunk)
}

func newConn(a *association) *conn {
	return &conn{
		a:        a,
		packets:  make(chan []byte, packetQueue),
		closed:   make(chan struct{}),
		deadline: deadline.New(),
		sack:     a.advertise,
	}
}

// push hands a packet to the engine, or drops it when the engine is behind.
func (c *conn) push(packet []byte) {
	select {
	case c.packets <- packet:
	default:
	}
}

// close makes Read return io.EOF once it has returned what was pushed.
func (c *conn) close() { c.once.Do(func() { close(c.closed) }) }

// Read returns one packet.
func (c *conn) Read(b []byte) (int, error) {
	select {
	case packet := <-c.packets:
		return copy(b, packet), nil
	default:
	}
	select {
	case packet := <-c.packets:
		return copy(b, packet), nil
	case <-c.deadline.Done():
		return 0, os.ErrDeadlineExceeded
	case <-c.closed:
		select {
		case packet := <-c.packets:
			return copy(b, packet), nil
		default:
			return 0, io.EOF
		}
	}
}

// Write sends one packet of the engine.
func (c *conn) Write(b []byte) (int, error) {
	select {
	case <-c.closed:
		return 0, io.EOF
	default:
	}
	packet, last := outbound(c.out[:0], b, header{c.a.mux.port, c.a.port, c.a.peer.tag}, c.sack)
	c.out = packet[:0]
	switch last {
	case chunkAbort:
		c.a.violation.Store(true)
	case chunkShutdownAck:
		c.a.drained.Store(true)
	default: // ends nothing
	}
	if len(packet) > headerSize {
		c.a.path.Load().Send(seal(packet))
	}
	return len(b), nil
}

// outbound rewrites a packet of the engine for the wire and appends it to dst:
// the real ports, and no HEARTBEAT, which the engine sends without its mandatory
// parameter. It lacks its CRC32c. Only a header is left when there is nothing to
// send; last is the type of the last chunk that is. sack may change what it is
// called with.
func outbound(dst, b []byte, h header, sack func(chunk)) (packet []byte, last chunkType) {
	packet = appendHeader(dst, h)
	start := len(packet)
	for rest := b[min(headerSize, len(b)):]; len(rest) > 0; {
		var c chunk
		if c, rest = nextChunk(rest); c == nil {
			return packet[:start], 0
		}
		if c.kind() == chunkHeartbeat {
			continue
		}
		last = c.kind()
		at := len(packet)
		packet = append(packet, c...)
		if last == chunkSack {
			sack(chunk(packet[at:]))
		}
		packet = pad(packet, len(c))
	}
	return packet, last
}

// Close is called by the engine when it has ended by itself.
func (c *conn) Close() error {
	c.a.engineClosed()
	return nil
}

// LocalAddr is part of net.Conn.
func (c *conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.a.path.Load().Socket.Bound()) }

// RemoteAddr is part of net.Conn.
func (c *conn) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(c.a.path.Load().Remote) }

// SetDeadline is part of net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline is part of net.Conn; the engine uses it to wake its reader.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.deadline.Set(t)
	return nil
}

// SetWriteDeadline has nothing to do: Write does not wait.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
