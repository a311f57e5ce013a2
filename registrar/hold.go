package registrar

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// MaxHold is the longest hold: what is forgotten must not stay refused for ever.
const MaxHold = 7 * 24 * time.Hour

// hold is an element that an operator refuses for a while: its registrations are
// answered with R=1 and cause 0xa. The registrar where it was deregistered makes
// it and tells its peers (enrp_hold.go), so that a hunt elsewhere does not undo it.
// As long as it is in force, this registrar is not the element's home.
type hold struct {
	ref   handlespace.Ref
	id    enrp.HoldID
	maker wire.ServerID
	state feed.HoldState
	// reason is the operator's; by and endedBy are who made and who ended it.
	reason, by, endedBy string
	// since and until bound it; ended is when it was over, returned when the element
	// was there again after that.
	since, until, ended, returned time.Time
	refused                       uint32
	// honoured are the peers that do so too, by ID.
	honoured []feed.Honour
	// timer is its end.
	timer timer
	news  refusals
}

// refusals tell of what a hold refuses, at most every refusalsEvery.
type refusals struct {
	of    *hold
	told  time.Time
	timer timer
}

const (
	// refusalsEvery is the least time between two words on the refusals of one
	// hold: an element may ask as often as it likes.
	refusalsEvery = time.Second
	// maxEndedHolds is how many holds that are over are remembered, for people to
	// look up what came of them.
	maxEndedHolds = 100
	// maxHoldReason is how many bytes of a reason are kept.
	maxHoldReason = 200
)

// holds are those in force, oldest first, and those that are over.
type holds struct {
	list  []*hold
	byRef map[handlespace.Ref][]*hold
	ended []*hold
	// away are elements that have not come back since their holds were over.
	away map[handlespace.Ref]*hold
}

// held is the hold by which an element is refused, nil if it is not.
func (r *Registrar) held(ref handlespace.Ref) *hold {
	if list := r.holds.byRef[ref]; len(list) > 0 {
		return list[0]
	}
	return nil
}

// holdOf finds a hold in force by its name.
func (r *Registrar) holdOf(maker wire.ServerID, id enrp.HoldID) *hold {
	i := slices.IndexFunc(r.holds.list, func(h *hold) bool { return h.maker == maker && h.id == id })
	if i < 0 {
		return nil
	}
	return r.holds.list[i]
}

// roomForHold reports whether one more may be made here, or by a peer.
func (r *Registrar) roomForHold(own bool) bool {
	n := 0
	for _, h := range r.holds.list {
		if (h.maker == r.id) == own {
			n++
		}
	}
	return n < r.cfg.Limits.Holds
}

// newHoldID draws an ID: one that a page has kept must not mean another hold after
// a restart.
func (r *Registrar) newHoldID() enrp.HoldID {
	for {
		if id := enrp.HoldID(r.rand.Uint32()); id != 0 && r.holdOf(r.id, id) == nil {
			return id
		}
	}
}

// hold puts h in force for d.
func (r *Registrar) hold(h *hold, d time.Duration) {
	h.reason = h.reason[:min(len(h.reason), maxHoldReason)]
	h.since, h.news.of = r.now, h
	h.timer.owner, h.news.timer.owner = h, &h.news
	if r.holds.byRef == nil {
		r.holds.byRef = make(map[handlespace.Ref][]*hold)
	}
	r.holds.list = append(r.holds.list, h)
	r.holds.byRef[h.ref] = append(r.holds.byRef[h.ref], h)
	delete(r.holds.away, h.ref)
	r.prolong(h, d)
	r.noteElement(Info, "hold.made", h.ref, h.maker, byOperator, "held until "+h.until.UTC().Format("2006-01-02 15:04:05 UTC")+h.why())
}

// prolong sets when h ends.
func (r *Registrar) prolong(h *hold, d time.Duration) {
	h.until = r.now.Add(min(d, MaxHold))
	r.timers.set(&h.timer, h.until)
	r.showHold(h)
}

// why is the reason as the end of a sentence.
func (h *hold) why() string {
	if h.reason == "" {
		return ""
	}
	return ": " + h.reason
}

// due: its time is over.
func (h *hold) due(r *Registrar) { r.endHold(h, feed.HoldRanOut, "") }

// endHold lets the element in again.
func (r *Registrar) endHold(h *hold, state feed.HoldState, by string) {
	r.timers.stop(&h.timer)
	r.timers.stop(&h.news.timer)
	is := func(o *hold) bool { return o == h }
	r.holds.list = slices.DeleteFunc(r.holds.list, is)
	if r.holds.byRef[h.ref] = slices.DeleteFunc(r.holds.byRef[h.ref], is); len(r.holds.byRef[h.ref]) == 0 {
		delete(r.holds.byRef, h.ref)
	}
	h.state, h.ended, h.endedBy = state, r.now, by
	r.holds.ended = append(r.holds.ended, h)
	if r.holds.away == nil {
		r.holds.away = make(map[handlespace.Ref]*hold)
	}
	r.holds.away[h.ref] = h
	if _, there := r.space.Find(h.ref.Handle, h.ref.ID); there { // at a peer that does not honour holds
		r.returned(h.ref)
	}
	r.showHold(h)
	how := "its time is over"
	if state == feed.HoldEnded {
		how = "ended"
	}
	r.noteElement(Info, "hold.ended", h.ref, h.maker, byOperator, how+", "+count(int(h.refused), "registration")+" refused here")
	if len(r.holds.ended) > maxEndedHolds {
		old := r.holds.ended[0]
		r.holds.ended = slices.Delete(r.holds.ended, 0, 1)
		if r.holds.away[old.ref] == old {
			delete(r.holds.away, old.ref)
		}
		r.changed(feed.Hold{ID: old.id, Maker: old.maker, State: feed.ForgottenHold})
	}
}

// returned: an element is there that was not.
func (r *Registrar) returned(ref handlespace.Ref) {
	if h := r.holds.away[ref]; h != nil {
		delete(r.holds.away, ref)
		h.returned = r.now
		r.showHold(h)
	}
}

// showHold tells the feed what there is to know of a hold.
func (r *Registrar) showHold(h *hold) {
	r.changed(feed.Hold{
		ID: h.id, Maker: h.maker, State: h.state, Handle: h.ref.Handle, Element: h.ref.ID,
		Since: feed.At(h.since), Until: feed.At(h.until), Ended: feed.At(h.ended), Returned: feed.At(h.returned),
		Refused: h.refused, Reason: h.reason, By: h.by, EndedBy: h.endedBy, Honoured: slices.Clone(h.honoured),
	})
}

// refuseHeld answers a registration that a hold forbids.
func (r *Registrar) refuseHeld(a *association, m asap.Registration, h *hold) {
	r.answerRefused(a, m, wire.Cause{Code: wire.CauseRejectedSecurity})
	h.refused++
	switch n := &h.news; {
	case n.timer.place != 0:
	case r.now.Sub(n.told) >= refusalsEvery:
		n.due(r)
	default:
		r.timers.set(&n.timer, n.told.Add(refusalsEvery))
	}
}

// due tells how many registrations the hold has refused.
func (n *refusals) due(r *Registrar) {
	h := n.of
	n.told = r.now
	r.showHold(h)
	r.noteElement(Info, "element.refused", h.ref, h.maker, byOperator,
		fmt.Sprintf("held until %s%s; %s refused here", h.until.UTC().Format("2006-01-02 15:04:05 UTC"), h.why(), count(int(h.refused), "registration")))
	r.honour(h)
}

// evict removes a held element from here.
func (r *Registrar) evict(h *hold) {
	if e, ok := r.space.Find(h.ref.Handle, h.ref.ID); ok && e.HomeServer() == r.id {
		r.endRegistration(h.ref, byOperator, "held by "+h.maker.String()+h.why())
	}
}

// evictFrom removes the held elements of a registrar that this one is about to
// take over.
func (r *Registrar) evictFrom(home wire.ServerID) {
	for _, h := range slices.Clone(r.holds.list) {
		if e, ok := r.space.Find(h.ref.Handle, h.ref.ID); ok && e.HomeServer() == home {
			r.removeAnnounced(h.ref, byOperator, "held by "+h.maker.String()+", and its home is gone")
		}
	}
}

// declineHeld: an element that is held asks this registrar to be its home.
func (r *Registrar) declineHeld(el *element) {
	if el.orphan {
		r.removeQuietly(r.ref(el), byOperator, "held, and no home knows it")
		return
	}
	rival := r.contender(el)
	el.suggested = false
	r.settle(el)
	r.admit(rival)
}

// endHoldOf ends a hold at an operator's wish. Only its maker does, while it lives.
func (r *Registrar) endHoldOf(ev EndHold) {
	r.speaker.operator = ev.By
	answer := HoldEnded{Request: ev.Request, Outcome: NotFound}
	h := r.holdOf(r.id, ev.ID)
	if h == nil {
		if i := slices.IndexFunc(r.holds.list, func(h *hold) bool { return h.id == ev.ID }); i >= 0 {
			h = r.holds.list[i]
		}
	}
	if h != nil {
		answer.Maker, answer.Outcome = h.maker, Removed
		if p := r.peer(h.maker); p != nil && p.state != feed.Dead {
			answer.Outcome = OwnedByPeer
		}
	}
	if answer.Outcome == Removed {
		r.endHold(h, feed.HoldEnded, ev.By)
		if h.maker == r.id {
			r.tellPeersOfHold(h)
		}
	}
	r.effect(answer)
}

// byPeerID orders those who honour a hold.
func byPeerID(h feed.Honour, id wire.ServerID) int { return cmp.Compare(h.Peer, id) }
