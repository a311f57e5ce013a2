package dtls

import (
	"encoding/binary"
	"fmt"

	"rserpool/registrar/transport"
)

// sift decides whether the engine gets a chunk, whether to read on, and whether
// the association ends with it. It does itself what the engine does badly or
// must not see.
func (a *association) sift(c chunk) (keep, more bool, ending func()) {
	switch t := c.kind(); t {
	case chunkData:
		if what := badData(c); what != "" {
			return false, false, func() { a.violate(what) }
		}
		// A window counts bytes, and does not stop many small messages that
		// nobody reads. Dropped like this they are sent again later.
		return a.stalled.Load() == 0 || a.surplus.Add(1) <= maxSurplus, true, nil
	case chunkInit, chunkInitAck:
		if len(c.value()) < initSize || a.established.Load() {
			return false, false, nil
		}
		a.conn.tag.Store(binary.BigEndian.Uint32(c.value()))
		return true, false, nil
	case chunkSack, chunkShutdownAck, chunkCookieEcho, chunkCookieAck:
		return true, true, nil
	case chunkShutdown:
		a.startClosing(transport.ErrShutdown)
		return true, true, nil
	case chunkShutdownComplete:
		return true, false, nil
	case chunkAbort:
		why := fmt.Errorf("%w by the peer: %s", transport.ErrAborted, abortReason(c))
		return false, false, func() { a.end(why) }
	case chunkHeartbeat:
		a.conn.send(chunkHeartbeatAck, c.value())
		return false, true, nil
	case chunkHeartbeatAck, chunkError:
		return false, true, nil
	default: // what was not negotiated is unknown here
		return false, t.skip(), nil
	}
}

// badData says what is wrong with a DATA chunk that would get the association
// stuck: the engine neither delivers nor skips it.
func badData(c chunk) string {
	if len(c) <= dataSize {
		return "DATA chunk without user data"
	}
	if stream := binary.BigEndian.Uint16(c[8:]); stream >= maxInboundStreams {
		return fmt.Sprintf("DATA chunk on stream %d; %d were offered", stream, maxInboundStreams)
	}
	return ""
}

// sent notes what the last chunk of a packet of the engine means.
func (a *association) sent(last chunkType) {
	switch last {
	case chunkAbort:
		a.violation.Store(true)
	case chunkShutdownAck, chunkShutdownComplete:
		a.drained.Store(true)
	default: // ends nothing
	}
}
