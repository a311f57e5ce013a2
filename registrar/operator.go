package registrar

import (
	"fmt"
	"slices"

	"rserpool/registrar/handlespace"
)

// deregister removes an element at an operator's wish. Only its home may: an
// update forged for a peer's element would be undone by the next audit.
func (r *Registrar) deregister(ev Deregister) {
	r.speaker.operator = ev.By
	ref := handlespace.Ref{Handle: ev.Handle, ID: ev.ID}
	e, ok := r.space.Element(ev.Handle, ev.ID)
	answer := Deregistered{Request: ev.Request, HomeServer: e.HomeServer}
	switch {
	case !ok:
		answer.Outcome = NotFound
	case e.HomeServer != r.id:
		answer.Outcome = OwnedByPeer
	case !ev.Confirmed && slices.Contains(r.cfg.Protected, ev.Handle):
		answer.Outcome = ProtectedPool
	case ev.Hold > 0 && !r.roomForHold(true):
		r.hit(LimitHolds, fmt.Sprintf("the limit of %d holds is reached", r.cfg.Limits.Holds))
		answer.Outcome = NoRoomForHold
	default:
		why := "deregistered by an operator"
		if ev.Reason != "" {
			why += ": " + ev.Reason
		}
		if ev.Hold > 0 { // before its end is told: nobody may take it back then
			h := &hold{id: r.newHoldID(), maker: r.id, ref: ref, reason: ev.Reason, by: ev.By}
			r.hold(h, ev.Hold)
			r.tellPeersOfHold(h)
			answer.Hold, answer.Until = h.id, h.until
		}
		answer.Told, answer.Peers = r.endRegistration(ref, byOperator, why)
		r.noteElement(Info, "operator.deregister", ref, r.id, byOperator, fmt.Sprintf("told %d of %d peers", answer.Told, answer.Peers))
	}
	r.effect(answer)
}
