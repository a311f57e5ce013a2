package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// claimIn is where a peer says that an element is its own.
type claimIn bool

// An update means that the element has registered there; a table says no more
// than that the peer holds it.
const (
	inUpdate claimIn = false
	inTable  claimIn = true
)

// handleUpdate takes a change that a peer announces (RFC 5353 section 3.3). It is
// not passed on: every registrar tells all others.
func (r *Registrar) handleUpdate(p *peer, m enrp.HandleUpdate) {
	ref := handlespace.Ref{Handle: m.Handle, ID: m.Element.ID}
	switch {
	case m.Action == enrp.DelPE:
		r.updateDelete(p, ref, m.Element)
	case m.Element.HomeServer != p.id:
		r.noteElement(Info, "update.ignored", ref, m.Element.HomeServer, byPeer,
			fmt.Sprintf("%v announces an element whose home is %v", p.id, m.Element.HomeServer))
	default:
		r.claim(p, m.Handle, m.Element, inUpdate)
	}
}

// claim decides whether the peer that says so is an element's home from now on
// (takeover.md section 2.2).
func (r *Registrar) claim(p *peer, handle wire.PoolHandle, e wire.PoolElement, where claimIn) {
	ref := handlespace.Ref{Handle: handle, ID: e.ID}
	if p.download != nil {
		delete(p.download.marked, ref) // the peer has it, whatever we make of it
	}
	old, known := r.space.Element(handle, e.ID)
	if known && old.HomeServer == r.id {
		el := r.elements[ref]
		fresh := r.now.Sub(el.registered) < r.cfg.MaxTimeNoResponse
		switch {
		case where == inTable:
			// It registered here later than there, or the peer thought us dead.
			if !fresh {
				r.reassert(el, old)
			}
			return
		case fresh && r.id > p.id:
			r.reassert(el, old) // two updates crossed: one side must stay
			return
		}
		if !r.store(handle, e, p.id) {
			return
		}
		r.noteElement(Info, "element.moved", ref, p.id, byPeer, "registered at another registrar")
		rival, doubted := el.contender, el.suspect
		r.untrack(el)
		if doubted {
			r.showHealth(ref)
		}
		if rival != nil {
			r.rejectContender(rival)
		}
		return
	}
	r.store(handle, e, p.id)
}

// reassert says again that an element is ours, and asks it.
func (r *Registrar) reassert(el *element, e handlespace.Element) {
	r.announce(enrp.AddPE, el.ref.Handle, e.PoolElement)
	r.provoke(el)
}

// store keeps a copy of a peer's element, which does not expire here. It reports
// false, and keeps what was, where the element contradicts its pool or there is
// no room.
func (r *Registrar) store(handle wire.PoolHandle, e wire.PoolElement, from wire.ServerID) bool {
	ref := handlespace.Ref{Handle: handle, ID: e.ID}
	old, known := r.space.Element(handle, e.ID)
	why := ""
	switch {
	case handle == "" || len(handle) > r.cfg.Limits.HandleLength:
		why = fmt.Sprintf("pool handle has %d bytes, want 1 to %d", len(handle), r.cfg.Limits.HandleLength)
	case !known:
		why = r.full(handle)
	}
	if why == "" {
		if err := r.put(handle, e, time.Time{}); err != nil {
			why = err.Error()
		}
	}
	if why != "" {
		r.noteElement(Warn, "update.refused", ref, from, byPeer, why)
		return false
	}
	switch {
	case !known:
		r.noteElement(Info, "element.registered", ref, e.HomeServer, byPeer, "registered at a peer")
	case old.HomeServer != e.HomeServer && old.HomeServer != r.id:
		r.noteElement(Info, "element.moved", ref, e.HomeServer, byPeer, "moved from "+old.HomeServer.String())
	}
	return true
}

// updateDelete removes an element, if the home named is the one it has here: else
// the update is older than the element's move. An own element is asked first.
func (r *Registrar) updateDelete(p *peer, ref handlespace.Ref, e wire.PoolElement) {
	held, ok := r.space.Element(ref.Handle, ref.ID)
	switch {
	case !ok:
	case held.HomeServer == r.id:
		if e.HomeServer != r.id || r.phase != feed.Serving {
			r.noteElement(Debug, "update.ignored", ref, r.id, byPeer, "stale removal by "+p.id.String())
			return
		}
		el := r.elements[ref]
		el.reannounce = true
		r.doubt(el)
		r.probe(el)
	case held.HomeServer != e.HomeServer:
		r.noteElement(Debug, "update.ignored", ref, held.HomeServer, byPeer,
			fmt.Sprintf("%v removes it from %v, its home is %v", p.id, e.HomeServer, held.HomeServer))
	default:
		r.removeQuietly(ref, byPeer, "removed by "+p.id.String())
	}
}
