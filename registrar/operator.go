package registrar

import (
	"fmt"

	"rserpool/registrar/handlespace"
)

// deregister removes an element at an operator's wish. Only its home may: an
// update forged for a peer's element would be undone by the next audit.
func (r *Registrar) deregister(ev Deregister) {
	ref := handlespace.Ref{Handle: ev.Handle, ID: ev.ID}
	e, ok := r.space.Element(ev.Handle, ev.ID)
	answer := Deregistered{Request: ev.Request, HomeServer: e.HomeServer}
	switch {
	case !ok:
		answer.Outcome = NotFound
	case e.HomeServer != r.id:
		answer.Outcome = OwnedByPeer
	default:
		why := "deregistered by an operator"
		if ev.Reason != "" {
			why += ": " + ev.Reason
		}
		answer.Told, answer.Peers = r.endRegistration(ref, byOperator, why)
		r.noteElement(Info, "operator.deregister", ref, r.id, byOperator, fmt.Sprintf("told %d of %d peers", answer.Told, answer.Peers))
	}
	r.effect(answer)
}
