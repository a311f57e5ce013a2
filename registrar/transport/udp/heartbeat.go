package udp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rserpool/registrar/transport"
)

// paramHeartbeatInfo is the one parameter of a HEARTBEAT (RFC 9260 section 3.3.5).
const paramHeartbeatInfo = 1

// infoSize is the length of what it holds here: a nonce and the number of the
// probe, so that no two look alike in a capture.
const infoSize = 16

// heartbeat finds out that a peer has gone silent: the engine sends DATA again
// for ever, and nothing at all when idle (RFC 9260 section 8.3). Any packet with
// the right tag proves that the peer is there, so a busy path has no probes.
type heartbeat struct {
	// heard is when the last packet of the peer came, onPath the last one on the
	// path in use, both on the mux's clock.
	heard, onPath atomic.Int64
	// relaxed: the timer is set for an idle association.
	relaxed atomic.Bool

	mu sync.Mutex
	// timer is nil once stopped.
	timer   *time.Timer
	silence silence
	targets targets
	sent    uint64
}

// start begins to beat for a.
func (b *heartbeat) start(a *association) {
	now, interval := a.mux.now(), a.mux.config.Heartbeat
	b.heard.Store(int64(now))
	b.onPath.Store(int64(now))
	b.relaxed.Store(true)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.targets = newTargets(a.path.Load().Remote, a.addrs)
	b.silence.due = now + interval
	b.timer = time.AfterFunc(interval, func() { b.beat(a) })
}

// note takes in that a packet of the peer came from remote.
func (b *heartbeat) note(a *association, remote netip.AddrPort) {
	now := int64(a.mux.now())
	b.heard.Store(now)
	if remote.Addr() == a.path.Load().Remote.Addr() {
		b.onPath.Store(now)
		return
	}
	b.mu.Lock()
	b.targets.heard(remote)
	b.mu.Unlock()
	b.hurry(a)
}

// hurry is called when something begins to wait for the peer.
func (b *heartbeat) hurry(a *association) {
	if !b.relaxed.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer == nil || !b.relaxed.Swap(false) {
		return
	}
	now := a.mux.now()
	b.silence.hurry(now, pace(a.mux.config.Heartbeat, true))
	b.timer.Reset(b.silence.due - now)
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
	c := a.mux.config
	// First relaxed, then what waits: a Send meanwhile is seen here, or sees it.
	// Both without mu, which the engine may want while it holds a lock of its own.
	b.relaxed.Store(true)
	heard, onPath := time.Duration(b.heard.Load()), time.Duration(b.onPath.Load())
	waiting := heard > onPath || a.engine.BufferedAmount() > 0
	b.mu.Lock()
	if b.timer == nil {
		b.mu.Unlock()
		return
	}
	if waiting {
		b.relaxed.Store(false)
	}
	interval := pace(c.Heartbeat, !b.relaxed.Load())
	now := a.mux.now()
	verdict := b.silence.beat(now, heard, onPath, interval, c.MaxMissed)
	b.timer.Reset(b.silence.due - now)
	current := *a.path.Load()
	var to []target
	if verdict == probe || verdict == probeOthers {
		b.sent++
		to = b.targets.next(current.Remote, verdict == probeOthers)
	}
	sent := b.sent
	b.mu.Unlock()

	for _, t := range to {
		info := binary.BigEndian.AppendUint64(t.nonce[:], sent)
		a.mux.reply(current.To(t.remote), a.port, a.peer.tag, chunkHeartbeat, 0, appendParameter(nil, paramHeartbeatInfo, info))
	}
	if verdict == lost {
		// The peer may hear what we do not: tell it.
		a.abort(causeUserAbort, "no answer to heartbeats",
			fmt.Errorf("%w: %d heartbeats, %v apart, without an answer", transport.ErrLost, c.MaxMissed, interval))
	}
}

// acknowledged takes the value of a HEARTBEAT ACK. Its nonce proves that the peer
// can be reached where the HEARTBEAT went (RFC 9260 section 5.4): that is the path
// from now on if the one in use has fallen silent.
func (b *heartbeat) acknowledged(a *association, value []byte) {
	if len(value) != 4+infoSize || binary.BigEndian.Uint16(value) != paramHeartbeatInfo {
		return
	}
	current := *a.path.Load()
	b.mu.Lock()
	remote, ok := b.targets.find([nonceSize]byte(value[4:]))
	other := remote.Addr() != current.Remote.Addr()
	if !ok || other && b.silence.answered(time.Duration(b.onPath.Load())) {
		b.mu.Unlock()
		return
	}
	b.targets.heard(current.Remote)
	b.mu.Unlock()
	if other {
		a.mux.move(a, current.To(remote))
	}
	b.onPath.Store(int64(a.mux.now()))
}
