package udp

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"rserpool/registrar/transport"
)

// paramHeartbeatInfo is the one parameter of a HEARTBEAT (RFC 9260 section 3.3.5).
const paramHeartbeatInfo = 1

// heartbeat finds out that a peer has gone silent: the engine sends DATA again
// for ever, and nothing at all when idle (RFC 9260 section 8.3).
type heartbeat struct {
	mu sync.Mutex
	// timer is nil once stopped.
	timer *time.Timer
	// alive: a packet came since the last beat. Any packet with the right tag
	// proves the peer is there, so probes leave a busy path alone.
	alive bool
	// unanswered counts the probes in a row without a packet after them.
	unanswered int
	// sent numbers the probes, so that no two look alike in a capture.
	sent uint64
}

// start begins to beat for a.
func (b *heartbeat) start(a *association) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = time.AfterFunc(a.mux.config.Heartbeat, func() { b.beat(a) })
}

// heard notes a packet of the peer.
func (b *heartbeat) heard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alive, b.unanswered = true, 0
}

func (b *heartbeat) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}

// beat runs once an interval.
func (b *heartbeat) beat(a *association) {
	c := a.mux.config
	b.mu.Lock()
	if b.timer == nil {
		b.mu.Unlock()
		return
	}
	lost := !b.alive && b.unanswered >= c.MaxMissed
	probe := !b.alive && !lost
	b.alive = false
	if probe {
		b.unanswered++
		b.sent++
	}
	sent := b.sent
	b.timer.Reset(c.Heartbeat)
	b.mu.Unlock()

	if lost {
		// The peer may hear what we do not: tell it.
		a.abort(causeUserAbort, "no answer to heartbeats",
			fmt.Errorf("%w: %d heartbeats, %v apart, without an answer", transport.ErrLost, c.MaxMissed, c.Heartbeat))
		return
	}
	if probe {
		info := appendParameter(nil, paramHeartbeatInfo, binary.BigEndian.AppendUint64(nil, sent))
		a.mux.reply(*a.path.Load(), a.port, a.peer.tag, chunkHeartbeat, 0, info)
	}
}
