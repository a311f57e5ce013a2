package udp

import (
	"encoding/binary"
	"fmt"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

// dataHeader is a DATA chunk without user data (RFC 9260 section 3.3.1).
const dataHeader = chunkHeaderSize + 12

// receive takes the chunks of a packet whose verification tag is ours, or a
// reflected one (isReflected).
func (a *association) receive(p datagram.Path, h header, chunks []byte) {
	a.pulse.note(a, p.Remote)
	if now := a.path.Load(); h.tag == a.local.tag && p.Remote != now.Remote && p.Remote.Addr() == now.Remote.Addr() {
		a.mux.move(a, p)
	}
	packet := a.enginePacket(len(chunks))
	var ending func()
	for len(chunks) > 0 && ending == nil {
		var c chunk
		c, chunks = nextChunk(chunks)
		var more bool
		c, more, ending = a.sift(p, h, c)
		if c != nil {
			if len(packet)+padded(len(c)) > engineMTU {
				a.conn.push(packet)
				packet = a.enginePacket(len(c) + len(chunks))
			}
			packet = pad(append(packet, c...), len(c))
		}
		if !more {
			break
		}
	}
	if len(packet) > headerSize {
		a.conn.push(packet)
	}
	if ending != nil { // after what came before it in the packet
		ending()
	}
}

// enginePacket starts a packet for the engine with space for n bytes of chunks.
func (a *association) enginePacket(n int) []byte {
	b := make([]byte, 0, headerSize+padded(min(n, engineMTU-headerSize)))
	return appendEngineHeader(b, a.local.tag)
}

// appendEngineHeader adds the header of a packet for the engine, which uses port
// 5000 at both ends and takes a zero checksum.
func appendEngineHeader(b []byte, tag uint32) []byte {
	return appendHeader(b, header{enginePort, enginePort, tag})
}

// sift decides what the engine gets of a chunk, whether to read on, and whether
// the association ends with it. It does itself what the engine does badly or
// must not see.
func (a *association) sift(p datagram.Path, h header, c chunk) (keep chunk, more bool, ending func()) {
	switch t := c.kind(); t {
	case chunkData:
		if what := badData(c); what != "" {
			return nil, false, func() { a.violate(what) }
		}
		tsn := binary.BigEndian.Uint32(c[4:])
		if a.overrun() || !a.window.takes(tsn, time.Duration(a.pulse.heard.Load())) {
			a.acknowledge() // in its place: the peer lives on an answer
			return nil, true, nil
		}
		return c, true, nil
	case chunkSack:
		sack, takenBack := a.acked.take(c)
		if takenBack {
			return nil, false, func() { a.violate("SACK that takes back what was acknowledged") }
		}
		return sack, true, nil
	case chunkShutdownAck:
		return c, true, nil
	case chunkShutdown:
		a.startClosing(transport.ErrShutdown)
		return c, true, nil
	case chunkAbort, chunkShutdownComplete:
		want := a.local.tag
		if c.flags()&flagT != 0 {
			want = a.peer.tag
		}
		switch {
		case h.tag != want:
			return nil, false, nil
		case t == chunkShutdownComplete:
			return c, false, nil
		}
		if c.flags()&flagT != 0 && a.drained.Load() {
			// The peer is done and forgot the association; its SHUTDOWN COMPLETE
			// was lost, and this answers a packet it took for a stray one.
			return nil, false, a.engineClosed
		}
		why := fmt.Errorf("%w by the peer: %s", transport.ErrAborted, abortReason(c))
		return nil, false, func() { a.end(why) }
	case chunkHeartbeat:
		// Answered on the path it came by, not on the association's own.
		a.mux.reply(p, a.port, a.peer.tag, chunkHeartbeatAck, 0, c.value())
		return nil, true, nil
	case chunkHeartbeatAck:
		a.pulse.acknowledged(a, c.value())
		return nil, true, nil
	case chunkError, chunkInit, chunkInitAck, chunkCookieEcho, chunkCookieAck:
		return nil, true, nil
	default: // what was not negotiated is unknown here
		return nil, t.skip(), nil
	}
}

// badData says what is wrong with a DATA chunk that would get the association
// stuck: the engine neither delivers nor skips it.
func badData(c chunk) string {
	switch {
	case len(c) <= dataHeader:
		return "DATA chunk without user data"
	case headerSize+padded(len(c)) > engineMTU:
		return fmt.Sprintf("DATA chunk of %d bytes; at most %d fit, set its MTU or SCTP_MAXSEG lower",
			len(c), engineMTU-headerSize)
	case binary.BigEndian.Uint16(c[8:]) >= maxInboundStreams:
		return fmt.Sprintf("DATA chunk on stream %d; %d were offered", binary.BigEndian.Uint16(c[8:]), maxInboundStreams)
	}
	return ""
}
