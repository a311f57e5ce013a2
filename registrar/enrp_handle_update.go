package registrar

import (
	"fmt"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// handleUpdate takes a change that a peer announces (RFC 5353 section 3.3). It is
// not passed on: every registrar tells all others.
func (r *Registrar) handleUpdate(p *peer, m *enrp.HandleUpdate) {
	ref := handlespace.Ref{Handle: m.Handle, ID: m.Element.ID}
	if r.mentor != nil {
		r.mentor.updated(m, r.cfg.Limits.Elements)
	}
	switch {
	case m.Action == enrp.DelPE:
		r.updateDelete(p, ref, m.Element)
	case m.Element.HomeServer != p.id:
		r.complainAt(Info, feed.Event{
			Name: "update.ignored", Handle: ref.Handle, Element: ref.ID, Server: m.Element.HomeServer, Origin: byPeer,
			Text: fmt.Sprintf("%v announces an element whose home is %v", p.id, m.Element.HomeServer),
		})
	default:
		r.claim(p, m.Handle, m.Element, inUpdate)
		if m.TakeoverSuggested && m.Receiver == r.id && r.phase == feed.Serving {
			r.suggested(p, ref)
		}
	}
}

// copyExpiry is when the copy of a peer's element ends that is announced now:
// never, but in a scope whose registrars forget what is not announced again.
func (r *Registrar) copyExpiry(life wire.RegistrationLife) time.Time {
	if !r.cfg.Dialect.copiesExpire() {
		return time.Time{}
	}
	return r.expiry(life)
}

// store keeps a copy of a peer's element. It reports
// false, and keeps what was, where the element contradicts its pool or there is
// no room.
func (r *Registrar) store(handle wire.PoolHandle, e wire.PoolElement, from wire.ServerID, where claimIn) bool {
	ref := handlespace.Ref{Handle: handle, ID: e.ID}
	var was wire.ServerID
	var expires time.Time
	old, known := r.space.Find(handle, e.ID)
	if known {
		was, expires = old.HomeServer(), old.Expires()
	}
	why := ""
	switch {
	case handle == "":
		why = "pool handle has no bytes"
	case len(handle) > r.cfg.Limits.HandleLength:
		why = r.tooLong(handle)
	case !known:
		why = r.full(handle)
	}
	limited := why != ""
	if !limited {
		if where == inUpdate || !known {
			expires = r.copyExpiry(e.Life)
		}
		if err := r.put(handle, e, expires); err != nil {
			why = err.Error()
		}
	}
	switch refusal := (feed.Event{Name: "update.refused", Handle: ref.Handle, Element: ref.ID, Server: from, Origin: byPeer, Text: why}); {
	case limited: // so are all that follow
		r.complain(refusal)
		return false
	case why != "":
		r.note(Warn, refusal)
		return false
	}
	if where == inUpdate {
		r.overtaking(from, ref)
	}
	if el := r.record(ref); el != nil && el.orphan {
		r.settle(el) // it has a home again
	}
	switch {
	case !known:
		r.noteElement(Info, "element.registered", ref, e.HomeServer, byPeer, "registered at a peer")
	case was != e.HomeServer && was != r.id:
		r.noteElement(Info, "element.moved", ref, e.HomeServer, byPeer, "moved from "+was.String())
	}
	return true
}
