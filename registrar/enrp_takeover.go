package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// initTakeover: a peer wants to take over another registrar (RFC 5353 section
// 3.5.1). The target itself shows that it lives; all others consent.
func (r *Registrar) initTakeover(p *peer, a *association, m enrp.InitTakeover) {
	if m.Target == r.id {
		r.notePeer(Warn, "takeover.refuted", p.id, "wants to take this registrar over")
		r.tellAll(r.presence(0, false))
		return
	}
	r.sendENRP(a, enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: r.to(p.id), Target: m.Target}})
	if t := r.peer(m.Target); t != nil && t != p && t.state != feed.Dead {
		r.timers.set(&t.timer, r.now.Add(r.cfg.YieldRecheck))
		r.setState(t, feed.Yielded, "taken over by "+p.id.String())
	}
}

// takeoverServer: a peer has taken over another registrar and is the home of its
// elements now (RFC 5353 section 3.5.2). Elements of others stay where they are.
func (r *Registrar) takeoverServer(p *peer, m enrp.TakeoverServer) {
	switch m.Target {
	case r.id:
		r.refuteTakeover(p)
		return
	case p.id, 0:
		return
	}
	moved := r.rehome(m.Target, p.id)
	r.notePeer(Warn, "takeover.seen", m.Target, fmt.Sprintf("taken over by %v with %d elements", p.id, moved))
	if t := r.peer(m.Target); t != nil {
		r.forgetPeer(t)
	}
}

// refuteTakeover: this registrar lives, and says so with all it owns.
func (r *Registrar) refuteTakeover(p *peer) {
	r.notePeer(Warn, "takeover.refuted", p.id, "took this registrar over")
	r.tellAll(r.presence(0, false))
	for e := range r.space.OwnedBy(r.id) {
		r.announce(enrp.AddPE, e.Handle(), e.PoolElement())
	}
}

// rehome gives all elements of one home to another.
func (r *Registrar) rehome(from, home wire.ServerID) int {
	var refs []handlespace.Ref
	for e := range r.space.OwnedBy(from) {
		refs = append(refs, e.Ref())
	}
	for _, ref := range refs {
		r.space.SetHome(ref.Handle, ref.ID, home, time.Time{})
		e, _ := r.space.Element(ref.Handle, ref.ID)
		r.elementChanged(ref.Handle, e)
	}
	if len(refs) > 0 {
		r.touched(from)
		r.touched(home)
	}
	return len(refs)
}
