package handlespace

import (
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// home is what belongs to one home server; there is none without elements.
type home struct {
	id wire.ServerID
	// elements are by pool number and identifier.
	elements index.Tree
	// sum is over all of them, told over those that peers are told of.
	sum, told enrp.Sum
}

// Checksum is the PE checksum over the elements of one home server (RFC 5353
// section 3.6.2); 0xffff where it has none.
func (h *Handlespace) Checksum(id wire.ServerID) wire.Checksum {
	if m := h.home(id); m != nil {
		return m.sum.Checksum()
	}
	return enrp.Sum{}.Checksum()
}

// Sum is what Checksum folds, but over those elements alone that peers are told of
// (Carries).
func (h *Handlespace) Sum(id wire.ServerID) enrp.Sum {
	if m := h.home(id); m != nil {
		return m.told
	}
	return enrp.Sum{}
}

// Changes counts what may have changed any Sum.
func (h *Handlespace) Changes() uint64 { return h.changes }

// Count is the number of elements of one home server.
func (h *Handlespace) Count(id wire.ServerID) int {
	if m := h.home(id); m != nil {
		return m.elements.Len()
	}
	return 0
}

// Takeover makes another registrar the home of all elements of one, and gives how
// many there were. For each, expires gives the end of its registration; it sees
// the element in its new home, and must not change the handlespace. Turns and
// reports stay.
func (h *Handlespace) Takeover(from, to wire.ServerID, expires func(Entry) time.Time) int {
	m := h.home(from)
	if m == nil || from == to {
		return 0
	}
	n := m.elements.Len()
	for c := m.elements.First(&h.nodes); c.Valid(); c.Next() {
		e := Entry{h, c.Value()}
		r, p := e.record(), e.pool()
		r.home = to
		h.joinHome(p, e.slot, r)
		h.expiry.prolong(&h.nodes, e.slot, r, h.expiry.mark(expires(e)))
	}
	m.elements.Clear(&h.nodes)
	delete(h.homes, from)
	h.recent = nil
	h.changes++
	return n
}

func (h *Handlespace) home(id wire.ServerID) *home {
	if m := h.recent; m != nil && m.id == id {
		return m
	}
	m := h.homes[id]
	if m != nil {
		h.recent = m
	}
	return m
}

func (h *Handlespace) joinHome(p *pool, slot uint32, r *record) {
	m := h.home(r.home)
	if m == nil {
		m = &home{id: r.home}
		h.homes[r.home], h.recent = m, m
	}
	m.elements.Set(&h.nodes, p.key(r.id), slot)
	m.sum.Add(p.handle, r.id)
	if p.carried {
		m.told.Add(p.handle, r.id)
	}
}

func (h *Handlespace) leaveHome(p *pool, r *record) {
	m := h.home(r.home)
	m.elements.Delete(&h.nodes, p.key(r.id))
	m.sum.Remove(p.handle, r.id)
	if p.carried {
		m.told.Remove(p.handle, r.id)
	}
	if m.elements.Len() == 0 {
		delete(h.homes, m.id)
		h.recent = nil
	}
}
