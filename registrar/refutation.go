package registrar

import (
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/handlespace"
)

// refutation goes through the own elements after a peer has taken this registrar
// over that lives. What has registered here is announced again; what it only
// adopted itself is asked whom it belongs to.
type refutation struct {
	after handlespace.Position
	// next is when the next element may be asked.
	next  time.Time
	timer timer
}

// refute begins anew, also one that goes on.
func (r *Registrar) refute() {
	r.refutation.after = handlespace.Position{}
	r.refutation.next = r.now
	r.refutation.due(r)
}

// due refutes with the next slice.
func (f *refutation) due(r *Registrar) {
	all := r.behind(r.id, &f.after, adoptionSlice, func(e handlespace.Entry) {
		el := r.owned(e.Ref())
		if el.kind == registered {
			el.claimed = r.timers.mark(r.now)
			r.announce(enrp.AddPE, e.Handle(), e.PoolElement())
		}
		f.next = r.askInTurn(el, f.next)
	})
	if all {
		r.timers.stop(&f.timer)
	} else {
		r.timers.set(&f.timer, r.now.Add(retellingPause))
	}
}
