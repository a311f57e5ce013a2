package replica

import (
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// rhythm is how often a peer is heard. Its PEER-HEARTBEAT-CYCLE (RFC 5353 section
// 3.4.2) is never told, and what it says between two heartbeats moves the time at
// which it was heard too: a span counts when nothing else came of the peer at
// either end.
type rhythm struct {
	heard feed.Time
	// spoke: since then it has, or may have, said more than a PRESENCE.
	spoke bool
	// last is the span that ended at heard, 0 where it does not count; spans are those
	// before it, the newest first.
	last  feed.Time
	spans [2]feed.Time
}

// keepTime takes what a peer's state says of when it was heard.
func (r *Replica) keepTime(m feed.PeerState) {
	before, ok := r.rhythms.Get(m.Peer)
	switch {
	case !ok || m.State != feed.Active:
		r.rhythms.Set(m.Peer, &rhythm{heard: m.Heard, spoke: m.State != feed.Active})
	case m.Heard > before.heard && before.spoke:
		r.rhythms.Set(m.Peer, &rhythm{heard: m.Heard, spans: before.spans})
	case m.Heard > before.heard:
		next := &rhythm{heard: m.Heard, last: m.Heard - before.heard, spans: before.spans}
		if before.last > 0 {
			next.spans = [2]feed.Time{before.last, before.spans[0]}
		}
		r.rhythms.Set(m.Peer, next)
	}
}

// spoke notes that a registrar has, or may have, said more than a PRESENCE.
func (r *Replica) spoke(id wire.ServerID) {
	if b, ok := r.rhythms.Get(id); ok && !b.spoke {
		r.rhythms.Set(id, &rhythm{heard: b.heard, spoke: true, spans: b.spans})
	}
}

// Heartbeat is the time between the latest heartbeats of a peer, the longest of
// them, as far as this replica could see it; 0 where it could not. It takes two: one
// alone may be an answer out of turn.
func (r *Replica) Heartbeat(id wire.ServerID) time.Duration {
	b, ok := r.rhythms.Get(id)
	if !ok || b.spans[0] == 0 || b.spans[1] == 0 && b.last == 0 {
		return 0
	}
	return time.Duration(max(b.last, b.spans[0], b.spans[1])) * time.Millisecond
}
