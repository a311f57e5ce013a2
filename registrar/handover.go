package registrar

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// handoverRound is how long a peer has to take an element before another one is
// asked.
const handoverRound = 2 * time.Second

// handover is how a registrar leaves: it suggests to its peers to take its
// elements over, each to one peer, with the flag that RSPLIB has for that. Who
// does becomes their home with the H bit and says so; whoever does not know the
// flag takes it for the update that it is.
type handover struct {
	until time.Time
	// after is the place in the own elements, round how often they were gone through.
	after handlespace.Position
	round int
	// running: there is somebody to hand them to.
	running bool
	timer   timer
}

// stop ends all that goes on, but for handing the elements over.
func (r *Registrar) stop(within time.Duration) {
	if r.phase == feed.Draining {
		return
	}
	serving := r.phase == feed.Serving
	r.release("the registrar stops")
	r.phase = feed.Draining
	r.mentor = nil
	r.endAllElementProbes()
	for _, p := range r.peers {
		r.endProbes(p, AskNotNow, "this registrar is stopping")
		if p.download != nil {
			r.endResync(p.download, AskNotNow, "this registrar is stopping")
		}
	}
	r.timers.clear()
	r.keepTelling()
	r.tellState()
	r.notePeer(Info, "registrar.draining", r.id, "no new registrations, "+count(r.space.Count(r.id), "element")+" to hand over")
	r.handover.until = r.now.Add(within)
	if r.handover.running = serving && within > 0; r.handover.running {
		r.handover.due(r)
	}
}

// handOverEnds ends the registrar as soon as nothing is left to hand over.
func (r *Registrar) handOverEnds() {
	if r.phase != feed.Draining || r.ended || r.handover.running && r.space.Count(r.id) > 0 {
		return
	}
	r.ended = true
	r.timers.clear()
	r.notePeer(Info, "registrar.ended", r.id, count(r.space.Count(r.id), "element")+" left behind")
	for _, id := range slices.Sorted(maps.Keys(r.associations)) {
		r.disconnect(r.associations[id])
	}
}

// due goes on with the own elements, in slices.
func (h *handover) due(r *Registrar) {
	heirs := r.heirs()
	if len(heirs) == 0 || !r.now.Before(h.until) {
		h.running = false
		return
	}
	all := r.behind(r.id, &h.after, adoptionSlice, func(e handlespace.Entry) {
		if !e.Carried() {
			return
		}
		to := heir(heirs, e.ID(), h.round)
		r.tellPeer(to, enrp.HandleUpdate{
			IDs: r.to(to.id), Action: enrp.AddPE, Handle: e.Handle(), Element: e.PoolElement(), TakeoverSuggested: true,
		})
	})
	if !all {
		r.timers.set(&h.timer, r.now.Add(nextStep))
		return
	}
	h.after = handlespace.Position{}
	h.round++
	next := r.now.Add(handoverRound)
	if next.After(h.until) {
		next = h.until
	}
	r.timers.set(&h.timer, next)
}

// heirs are the peers that can be asked now.
func (r *Registrar) heirs() (list []*peer) {
	for _, p := range r.peers {
		if p.state == feed.Active && len(p.links) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// heir is the peer for an element in a round: that with the largest exclusive or
// of the identifiers, as RSPLIB has it, then the one after it.
func heir(heirs []*peer, id wire.PEIdentifier, round int) *peer {
	best := slices.MaxFunc(heirs, func(a, b *peer) int {
		return cmp.Compare(uint32(a.id)^uint32(id), uint32(b.id)^uint32(id))
	})
	return heirs[(slices.Index(heirs, best)+round)%len(heirs)]
}

// suggested: the home of an element wants this registrar to be it.
func (r *Registrar) suggested(p *peer, ref handlespace.Ref) {
	e, ok := r.space.Find(ref.Handle, ref.ID)
	if !ok || e.HomeServer() != p.id || !e.PoolElement().ASAPTransport.Present() {
		return
	}
	el := r.recordOf(ref, p.id)
	el.suggested = true
	r.asking = r.askInTurn(el, r.asking)
}
