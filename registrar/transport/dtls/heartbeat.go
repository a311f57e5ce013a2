package dtls

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rserpool/registrar/transport"
)

// heartbeat finds out that a peer has gone silent: the engine sends DATA again
// for ever, and nothing at all when idle (RFC 9260 section 8.3). After an interval
// without a packet, any packet, the peer is probed once an interval, and is lost
// one after the last of MaxMissed probes. The interval is Heartbeat for an idle
// peer, and a third of it for one that has data to acknowledge. A probe of a host
// too busy to be in time with it does not count: its peers may have answered.
type heartbeat struct {
	// heard is when the last packet came, in nanoseconds since begin.
	heard atomic.Int64
	begin time.Time

	mu sync.Mutex
	// timer is nil once stopped, and before the start.
	timer *time.Timer
	// urgent: the timer runs at the shorter interval.
	urgent bool
	// due is when the timer should go off.
	due time.Duration
	// probed is when the last probe was sent, unanswered how many were in a row.
	probed     time.Duration
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
	b.note()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !a.ending.Load() {
		wait := a.session.mux.config.Heartbeat
		b.due = time.Since(b.begin) + wait
		b.timer = time.AfterFunc(wait, func() { b.beat(a) })
	}
}

// note takes in that a packet of the peer came.
func (b *heartbeat) note() { b.heard.Store(int64(time.Since(b.begin))) }

// hurry notes that there is data to acknowledge.
func (b *heartbeat) hurry(a *association) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil && !b.urgent {
		b.urgent = true
		wait := interval(a.session.mux.config, true)
		b.due = time.Since(b.begin) + wait
		b.timer.Reset(wait)
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

// beat runs when the timer says so.
func (b *heartbeat) beat(a *association) {
	c := a.session.mux.config
	waiting := a.stream.BufferedAmount() > 0
	b.mu.Lock()
	if b.timer == nil {
		b.mu.Unlock()
		return
	}
	b.urgent = waiting
	wait, probe, lost := b.judge(time.Since(b.begin), interval(c, waiting), c.MaxMissed)
	sent := b.sent
	b.timer.Reset(wait)
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

// judge says when to look again, and what to do now. It is called with mu held.
func (b *heartbeat) judge(now, interval time.Duration, maxMissed int) (wait time.Duration, probe, lost bool) {
	defer func() { b.due = now + wait }()
	heard := time.Duration(b.heard.Load())
	if heard > b.probed {
		b.unanswered = 0
	}
	if silent := now - heard; silent < interval {
		return interval - silent, false, false
	}
	if busy := now-b.due > interval/8; !busy {
		if b.unanswered >= maxMissed {
			return interval, false, true
		}
		b.unanswered++
	}
	b.sent++
	b.probed = now
	return interval, true, false
}
