package registrar

import (
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/handlespace"
)

// A retelling goes in slices, so that it neither holds up nor floods anybody.
const (
	retellingSlice = 100
	retellingPause = 20 * time.Millisecond
)

// retelling tells one peer of all own elements.
type retelling struct {
	peer  *peer
	after handlespace.Position
	timer timer
}

// retell begins a retelling; one that runs begins anew.
func (r *Registrar) retell(p *peer) {
	if p.retelling == nil {
		p.retelling = &retelling{peer: p}
		p.retelling.timer.owner = p.retelling
	}
	p.retelling.after = handlespace.Position{}
	r.timers.set(&p.retelling.timer, r.now.Add(nextStep))
}

func (t *retelling) due(r *Registrar) {
	all := r.ownBehind(&t.after, retellingSlice, func(e handlespace.Entry) {
		if r.cfg.Dialect.carries(e.Handle()) {
			r.tellPeer(t.peer, enrp.HandleUpdate{IDs: r.to(0), Action: enrp.AddPE, Handle: e.Handle(), Element: e.PoolElement()})
		}
	})
	if all {
		t.peer.retelling = nil
	} else {
		r.timers.set(&t.timer, r.now.Add(retellingPause))
	}
}
