package registrar

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// hearsay is what a start-up has to know beside the tables of its mentors: they
// may break off, and changes overtake them (RFC 5353 section 3.2.3).
type hearsay struct {
	// doubtful are elements of which mentors have told that then failed. Who is not
	// named again by the end goes.
	doubtful map[handlespace.Ref]struct{}
	// removed are elements with the home whose end was announced. Tables may still
	// have them.
	removed map[handlespace.Ref]wire.ServerID
}

// doubtAll: the mentor has failed, and all that is here is incomplete.
func (r *Registrar) doubtAll(h *hearsay) {
	if h.doubtful == nil {
		h.doubtful = make(map[handlespace.Ref]struct{})
	}
	for e := range r.space.Table(handlespace.Position{}, 0) {
		h.doubtful[e.Ref()] = struct{}{}
	}
}

// named: a table or an update has told of an element.
func (h *hearsay) named(ref handlespace.Ref) { delete(h.doubtful, ref) }

// updated takes an update that comes during the start-up. Beyond the limit, which
// is that of elements, the audit has to do.
func (h *hearsay) updated(m *enrp.HandleUpdate, limit int) {
	ref := handlespace.Ref{Handle: m.Handle, ID: m.Element.ID}
	if m.Action != enrp.DelPE {
		delete(h.removed, ref)
		h.named(ref)
		return
	}
	if h.removed == nil {
		h.removed = make(map[handlespace.Ref]wire.ServerID)
	}
	if len(h.removed) < limit {
		h.removed[ref] = m.Element.HomeServer
	}
}

// gone reports whether the end of an element with that home was announced.
func (h *hearsay) gone(ref handlespace.Ref, home wire.ServerID) bool {
	was, ok := h.removed[ref]
	return ok && was == home
}

// dropDoubtful removes what no complete table has named.
func (r *Registrar) dropDoubtful(h *hearsay) {
	var gone []handlespace.Ref
	for e := range r.space.Table(handlespace.Position{}, 0) {
		if _, ok := h.doubtful[e.Ref()]; ok {
			gone = append(gone, e.Ref())
		}
	}
	for _, ref := range gone {
		r.removeQuietly(ref, byPeer, "not in the mentor's table")
	}
}
