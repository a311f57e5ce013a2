package dtls

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"rserpool/registrar/transport"
)

// heartbeat finds out that a peer has gone silent: the engine sends DATA again
// for ever, and nothing at all when idle (RFC 9260 section 8.3). An idle peer is
// probed every Heartbeat; one that has data to acknowledge, three times as often.
type heartbeat struct {
	mu sync.Mutex
	// timer is nil once stopped, and before the start.
	timer *time.Timer
	// urgent: the timer runs at the shorter interval.
	urgent bool
	// alive: a packet came since the last beat. Any packet proves that the peer is
	// there, so probes leave a busy path alone.
	alive bool
	// unanswered counts the probes in a row without a packet after them.
	unanswered int
	// sent numbers the probes, so that no two look alike.
	sent uint64
}

// interval is the time between beats.
func interval(c transport.Config, urgent bool) time.Duration {
	if !urgent {
		return c.Heartbeat
	}
	return max(c.Heartbeat/3, min(c.Heartbeat, leastProbe))
}

// start begins to beat for a.
func (b *heartbeat) start(a *association) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !a.ending.Load() {
		b.timer = time.AfterFunc(a.session.mux.config.Heartbeat, func() { b.beat(a) })
	}
}

// heard notes a packet of the peer.
func (b *heartbeat) heard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alive, b.unanswered = true, 0
}

// hurry notes that there is data to acknowledge.
func (b *heartbeat) hurry(a *association) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil && !b.urgent {
		b.urgent = true
		b.timer.Reset(interval(a.session.mux.config, true))
	}
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
	c := a.session.mux.config
	waiting := a.stream.BufferedAmount() > 0
	b.mu.Lock()
	if b.timer == nil {
		b.mu.Unlock()
		return
	}
	lost := !b.alive && b.unanswered >= c.MaxMissed
	probe := !b.alive && !lost
	b.alive = false
	b.urgent = waiting
	if probe {
		b.unanswered++
		b.sent++
	}
	sent := b.sent
	b.timer.Reset(interval(c, waiting))
	b.mu.Unlock()

	if lost {
		// The peer may hear what we do not: tell it.
		a.abort(causeUserAbort, "no answer to heartbeats",
			fmt.Errorf("%w: no answer to %d heartbeats", transport.ErrLost, c.MaxMissed))
		return
	}
	if probe {
		a.conn.send(chunkHeartbeat, appendParameter(nil, paramHeartbeatInfo, binary.BigEndian.AppendUint64(nil, sent)))
	}
}
