package registrar

import (
	"fmt"
	"math"
	"slices"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Holds are told to peers by a private message: at once, and on every new
// association, where each side also says which holds of the other one it honours.
// Whoever made a hold answers for one that it does not know (any more) with its end.
// So what is lost with an association, or with a registrar that has started anew,
// is made good.

// holdMessage says how h is now.
func (r *Registrar) holdMessage(h *hold, to wire.ServerID) enrp.Hold {
	if h.state != feed.HoldInForce {
		return enrp.Hold{IDs: r.to(to), ID: h.id, Ended: true}
	}
	left := min(max(h.until.Sub(r.now).Milliseconds(), 1), math.MaxUint32)
	return enrp.Hold{
		IDs: r.to(to), ID: h.id, Left: uint32(left), Handle: h.ref.Handle, Element: h.ref.ID, Reason: h.reason, //nolint:gosec // bounded above
	}
}

// tellPeersOfHold tells all peers of an own hold.
func (r *Registrar) tellPeersOfHold(h *hold) {
	if r.cfg.Dialect.tellsHolds() {
		r.tellAll(r.holdMessage(h, 0))
	}
}

// exchangeHolds begins on a new association to a peer.
func (r *Registrar) exchangeHolds(p *peer, a *association) {
	if !r.cfg.Dialect.tellsHolds() {
		return
	}
	for _, h := range r.holds.list {
		switch h.maker {
		case r.id:
			r.sendENRP(a, r.holdMessage(h, p.id))
		case p.id:
			r.sendENRP(a, r.holdAck(h))
		}
	}
}

func (r *Registrar) holdAck(h *hold) enrp.HoldAck {
	return enrp.HoldAck{IDs: r.to(h.maker), ID: h.id, Refused: h.refused}
}

// honour tells the maker of a peer's hold what was refused here.
func (r *Registrar) honour(h *hold) {
	if p := r.peer(h.maker); p != nil && p.state != feed.Dead {
		r.tellPeer(p, r.holdAck(h))
	}
}

// holdReceived: a peer refuses an element, or does not any more.
func (r *Registrar) holdReceived(p *peer, a *association, m enrp.Hold) {
	h := r.holdOf(p.id, m.ID)
	switch {
	case !r.cfg.Dialect.tellsHolds():
		r.discarded(a, DiscardUnexpected, "a hold: dialect "+r.cfg.Dialect.String()+" has none")
	case m.Ended:
		if h != nil {
			r.endHold(h, feed.HoldEnded, "")
		}
	case m.ID == 0, m.Left == 0, m.Handle == "", len(m.Handle) > r.cfg.Limits.HandleLength:
		if len(m.Handle) > r.cfg.Limits.HandleLength {
			r.tooLong(m.Handle)
		}
		r.discarded(a, DiscardInvalid, fmt.Sprintf("hold %v of %v for %d ms, pool handle of %d bytes: want an ID, a time, and 1 to %d bytes",
			m.ID, p.id, m.Left, len(m.Handle), r.cfg.Limits.HandleLength))
	case h != nil:
		if left := time.Duration(m.Left) * time.Millisecond; h.until.Sub(r.now.Add(left)).Abs() > refusalsEvery {
			r.prolong(h, left)
		}
		r.sendENRP(a, r.holdAck(h))
	case !r.roomForHold(false):
		why := r.hit(LimitPeerHolds, fmt.Sprintf("the limit of %d holds of peers is reached", r.cfg.Limits.Holds))
		r.complain(feed.Event{Name: "hold.refused", Server: p.id, Text: why})
		r.sendENRP(a, enrp.HoldAck{IDs: r.to(p.id), ID: m.ID, NotHonoured: true})
	default:
		h = &hold{id: m.ID, maker: p.id, ref: handlespace.Ref{Handle: m.Handle, ID: m.Element}, reason: m.Reason}
		r.hold(h, time.Duration(m.Left)*time.Millisecond)
		r.sendENRP(a, r.holdAck(h))
		r.evict(h)
	}
}

// holdAckReceived: a peer honours a hold that this registrar has made.
func (r *Registrar) holdAckReceived(p *peer, a *association, m enrp.HoldAck) {
	if !r.cfg.Dialect.tellsHolds() {
		r.discarded(a, DiscardUnexpected, "word on a hold: dialect "+r.cfg.Dialect.String()+" has none")
		return
	}
	h := r.holdOf(r.id, m.ID)
	if h == nil {
		r.sendENRP(a, enrp.Hold{IDs: r.to(p.id), ID: m.ID, Ended: true})
		return
	}
	i, had := slices.BinarySearchFunc(h.honoured, p.id, byPeerID)
	switch {
	case m.NotHonoured && had:
		h.honoured = slices.Delete(h.honoured, i, i+1)
	case m.NotHonoured:
		return
	case !had:
		h.honoured = slices.Insert(h.honoured, i, feed.Honour{Peer: p.id, Refused: m.Refused})
	case h.honoured[i].Refused == m.Refused:
		return
	default:
		h.honoured[i].Refused = m.Refused
	}
	r.showHold(h)
}

// forgetHonours: a peer is gone, and with it what it said of holds.
func (r *Registrar) forgetHonours(id wire.ServerID) {
	for _, h := range r.holds.list {
		if i, had := slices.BinarySearchFunc(h.honoured, id, byPeerID); had {
			h.honoured = slices.Delete(h.honoured, i, i+1)
			r.showHold(h)
		}
	}
}
