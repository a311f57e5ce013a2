package registrar

import (
	"fmt"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// kind is how this registrar became the home of an element.
type kind uint8

// The kinds, the strongest claim first.
const (
	// registered: by the element's own word.
	registered kind = iota
	// reclaimed: it acknowledged a keep-alive with the H bit when nobody else was
	// its home.
	reclaimed
	// adopted: by a takeover of its home.
	adopted
)

// relic is what is remembered of an element that this registrar has given up.
type relic struct {
	// former: this registrar was its home. Nothing but its end, or being the home
	// once more, changes that.
	former bool
	// asked: a keep-alive with the H bit is on its way; answered: the latest one
	// was acknowledged. The element may believe that its home is here.
	asked, answered bool
}

// claimIn is where a peer says that an element is its own.
type claimIn bool

// An update means that the element has registered there; a table says no more
// than that the peer holds it.
const (
	inUpdate claimIn = false
	inTable  claimIn = true
)

// claim decides whether the peer that says so is an element's home from now on.
func (r *Registrar) claim(p *peer, handle wire.PoolHandle, e wire.PoolElement, where claimIn) {
	ref := handlespace.Ref{Handle: handle, ID: e.ID}
	if p.download != nil {
		delete(p.download.marked, ref) // the peer has it, whatever we make of it
	}
	if held, known := r.space.Find(handle, e.ID); known && held.HomeServer() == r.id {
		el := r.owned(ref)
		if r.yields(el, p, where) {
			r.giveUp(el, p, e, where)
		}
		return
	}
	delete(p.unconfirmed, ref)
	if was, ok := r.relics[ref]; ok && where == inUpdate { // it has registered since
		was.asked, was.answered = false, false
		r.relics[ref] = was
	}
	r.store(handle, e, p.id, where)
}

// yields reports whether a peer's claim is better than this registrar's. One side
// must stay where two claims cross, and it must be the same at both ends.
func (r *Registrar) yields(el *element, p *peer, where claimIn) bool {
	fresh := r.since(el.claimed) < r.cfg.MaxTimeNoResponse
	switch {
	case r.phase == feed.Draining:
		return true
	case where == inUpdate && (el.kind == adopted || !fresh || r.id < p.id):
		return true // it has registered there
	case where == inUpdate:
		r.reassert(el)
		return false
	case el.kind == registered:
		// It registered here later than there, or the peer thought us dead.
		if !fresh {
			r.reassert(el)
		}
		return false
	case el.kind == adopted && el.from == p.id:
		return true // it was not dead
	default:
		return r.id < p.id
	}
}

// giveUp makes a peer the home of an own element.
func (r *Registrar) giveUp(el *element, p *peer, e wire.PoolElement, where claimIn) {
	ref := r.ref(el)
	if !r.store(ref.Handle, e, p.id, where) {
		return
	}
	r.noteElement(Info, "element.moved", ref, p.id, byPeer, "its home is another registrar now")
	r.relics[ref] = relic{former: true, asked: el.open && el.home, answered: el.marks.has(homeTold)}
	rival, owner, doubted := r.contender(el), r.owner(el), el.suspect
	if el.adopting {
		r.stepOf(el, ref, feed.Moved)
	}
	r.untrack(el, ref)
	if doubted {
		r.showHealth(ref)
	}
	if rival != nil {
		r.rejectContender(ref, owner, rival)
	}
}

// reassert says again that an element is ours, and asks it.
func (r *Registrar) reassert(el *element) {
	e := r.space.Numbered(el.place)
	r.announce(enrp.AddPE, e.Handle(), e.PoolElement())
	el.home = true
	r.provoke(el)
}

// updateDelete removes an element, if the home named is the one it has here: else
// the update is older than the element's move. An own element is asked first, and
// so is one that may believe that its home is here.
func (r *Registrar) updateDelete(p *peer, ref handlespace.Ref, e wire.PoolElement) {
	held, ok := r.space.Element(ref.Handle, ref.ID)
	was := r.relics[ref]
	switch {
	case !ok:
	case held.HomeServer == r.id:
		if e.HomeServer != r.id || r.phase != feed.Serving {
			r.noteElement(Debug, "update.ignored", ref, r.id, byPeer, "stale removal by "+p.id.String())
			return
		}
		el := r.owned(ref)
		el.marks.set(reannounce, true)
		el.home = true
		r.doubt(el)
		r.probe(el)
	case held.HomeServer == 0: // an orphan; nobody defends it
		r.removeQuietly(ref, byPeer, "removed by "+p.id.String())
	case held.HomeServer != e.HomeServer:
		r.noteElement(Debug, "update.ignored", ref, held.HomeServer, byPeer,
			fmt.Sprintf("%v removes it from %v, its home is %v", p.id, e.HomeServer, held.HomeServer))
	case r.held(ref) != nil:
		r.removeQuietly(ref, byPeer, "removed by "+p.id.String()+", and held")
	case was.asked || was.answered || r.handedOver(ref):
		el := r.recordOf(ref, held.HomeServer)
		r.reclaim(el)
		el.marks.set(reannounce, true)
		el.home = true
		r.probe(el)
	case was.former:
		r.orphan(ref)
	default:
		r.removeQuietly(ref, byPeer, "removed by "+p.id.String())
	}
}

// handedOver reports whether an element is being asked whether its home is here, as
// that home wants. An element of RSPLIB leaves the old one before it answers.
func (r *Registrar) handedOver(ref handlespace.Ref) bool {
	el := r.record(ref)
	return el != nil && el.suggested && el.open
}

// recordOf is the record of an element with the given home, a new one if it has
// none.
func (r *Registrar) recordOf(ref handlespace.Ref, home wire.ServerID) *element {
	if home == r.id {
		return r.owned(ref)
	}
	if el := r.record(ref); el != nil {
		return el
	}
	return r.track(ref, false)
}

// orphan keeps an element whose home does not know it, for whoever claims it: it
// may be on its way between two registrars. In a while it is asked.
func (r *Registrar) orphan(ref handlespace.Ref) {
	old, _ := r.space.Element(ref.Handle, ref.ID)
	r.rehomeOne(ref, 0)
	el := r.recordOf(ref, 0)
	el.orphan = true
	if !el.open {
		r.setClock(el, r.now.Add(2*r.cfg.PeerHeartbeatCycle))
	}
	r.noteElement(Warn, "element.orphaned", ref, old.HomeServer, byPeer, "its home does not know it")
}

// reclaim makes this registrar the home of an element that believes so, and tells
// its peers with the acknowledgement.
func (r *Registrar) reclaim(el *element) {
	ref := r.ref(el)
	r.rehomeOne(ref, r.id)
	el.own, el.orphan, el.suggested = true, false, false
	el.marks.set(reannounce, true)
	el.kind, el.claimed, el.from = reclaimed, r.timers.mark(r.now), 0
	delete(r.relics, ref)
	r.noteElement(Info, "element.moved", ref, r.id, byPE, "taken back")
}

// rehomeOne gives an element another home, 0 being none.
func (r *Registrar) rehomeOne(ref handlespace.Ref, home wire.ServerID) {
	e, ok := r.space.Find(ref.Handle, ref.ID)
	if !ok {
		return
	}
	was := e.HomeServer()
	expires := e.Expires()
	if home == r.id {
		expires = r.ownExpiry(e.Life())
	}
	r.confirmed(was, ref)
	r.space.SetHome(ref.Handle, ref.ID, home, expires)
	r.elementChanged(e)
	for _, id := range []wire.ServerID{was, home} {
		if id != 0 {
			r.touched(id)
		}
	}
}
