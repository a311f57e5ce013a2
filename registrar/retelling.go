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

// retelling tells one peer of all own elements. It waits for a heartbeat, and longer
// while the peer downloads them: then there is nothing left to tell.
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
	r.timers.set(&p.retelling.timer, r.now.Add(r.cfg.PeerHeartbeatCycle))
}

// retold ends it: the peer knows all.
func (r *Registrar) retold(p *peer) {
	if p.retelling != nil {
		r.timers.stop(&p.retelling.timer)
		p.retelling = nil
	}
}

func (t *retelling) due(r *Registrar) {
	if t.peer.upload != nil {
		r.timers.set(&t.timer, r.now.Add(r.cfg.PeerHeartbeatCycle))
		return
	}
	all := r.behind(r.id, &t.after, retellingSlice, func(e handlespace.Entry) {
		if e.Carried() {
			r.tellPeer(t.peer, enrp.HandleUpdate{IDs: r.to(0), Action: enrp.AddPE, Handle: e.Handle(), Element: e.PoolElement()})
		}
	})
	if all {
		t.peer.retelling = nil
	} else {
		r.timers.set(&t.timer, r.now.Add(retellingPause))
	}
}
