package node

import (
	"sync/atomic"
	"time"

	"rserpool/registrar"
)

// limit is one that the node keeps to, beside those of the registrar.
type limit uint8

// The limits, in the order in which measures have them.
const (
	// limitHalfOpen and limitAssociations are of each port, before the handshake; the
	// second one is the registrar's, and counted with it.
	limitHalfOpen limit = iota
	limitAssociations
	limitMessages
	limitDials
	limitWaiting
	limitLine
	limitUserQueue
	limitPeerQueue
	limitKinds
)

// limitEvery is the least time between two events that tell of one limit.
const limitEvery = 10 * time.Second

// hits count how often limits were reached. Anybody may.
type hits struct {
	count [limitKinds]atomic.Uint64
	// told is when an event told of it last, in nanoseconds since 1970.
	told [limitKinds]atomic.Int64
}

// limited is the event that a limit was reached.
type limited struct {
	at        time.Time
	name, why string
	bound     int
	setting   string
}

func (in limited) event(n *Node) registrar.Event {
	n.note(in.at, registrar.Noted{Level: registrar.Warn, Event: registrar.LimitEvent(in.name, in.bound, in.setting, in.why)})
	return nil
}

// fullAt is what the transport of a port calls that has turned somebody away. It waits
// for nothing.
func (n *Node) fullAt(port string) func(halfOpen bool) {
	return func(halfOpen bool) {
		if halfOpen {
			n.hit(limitHalfOpen, limited{
				name: "max_half_open", bound: n.cfg.MaxHalfOpen, setting: "--max-half-open", why: "so many are in the handshake at " + port,
			})
			return
		}
		n.hit(limitAssociations, limited{
			name: registrar.LimitAssociations.String(), bound: n.cfg.Registrar.Limits.Associations, setting: "--max-associations",
			why: "so many are open at " + port,
		})
	}
}

// hit counts that a limit was reached, and tells of it unless that was done a moment
// ago.
func (n *Node) hit(l limit, told limited) {
	n.hits.count[l].Add(1)
	told.at = time.Now()
	now, last := told.at.UnixNano(), n.hits.told[l].Load()
	if now-last < int64(limitEvery) || !n.hits.told[l].CompareAndSwap(last, now) {
		return
	}
	if !n.offer(told) {
		n.hits.told[l].Store(last) // the next one tells
	}
}

// limits are those of the registrar and of the node.
func (n *Node) limits() []registrar.LimitUse {
	hits := func(l limit) uint64 { return n.hits.count[l].Load() }
	list := n.core.LimitsInUse()
	list[registrar.LimitAssociations].Hits += hits(limitAssociations)
	return append(
		list,
		registrar.LimitUse{Name: "max_half_open", Limit: n.cfg.MaxHalfOpen, Hits: hits(limitHalfOpen)},
		registrar.LimitUse{Name: "max_messages_per_second", Limit: n.cfg.MaxMessages, Off: n.cfg.MaxMessages == 0, Hits: hits(limitMessages)},
		registrar.LimitUse{Name: "max_dials", Limit: dialLimit, Used: n.dialing, Counted: true, Hits: hits(limitDials)},
		registrar.LimitUse{Name: "max_waiting_messages", Limit: inboxLimit, Used: n.queue.len(), Counted: true, Hits: hits(limitWaiting)},
		registrar.LimitUse{Name: "max_waiting_bytes_per_user", Limit: lineLimit, Hits: hits(limitLine)},
		registrar.LimitUse{Name: "max_queued_bytes_per_user", Limit: userQueueLimit, Hits: hits(limitUserQueue)},
		registrar.LimitUse{Name: "max_queued_bytes_per_peer", Limit: peerQueueLimit, Hits: hits(limitPeerQueue)},
	)
}
