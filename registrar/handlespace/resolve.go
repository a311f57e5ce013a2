package handlespace

import (
	"slices"

	"rserpool/registrar/wire"
)

// Resolve answers a handle resolution: it appends up to limit elements (0: all)
// that the pool's policy selects to list, best first and none twice, and gives
// the pool's policy. The selection state moves on. Elements without a home server
// are passed over. It is false where there is no such pool, or nobody else in it.
func (h *Handlespace) Resolve(handle wire.PoolHandle, limit int, list []Entry) (wire.Policy, []Entry, bool) {
	p := h.pools[handle]
	if p == nil {
		return wire.Policy{}, list, false
	}
	list = h.pick(p, limit, list)
	if h.CountFirst && len(h.picked) > 1 {
		h.picked = h.picked[:1]
	}
	p.set.Turn(h.picked)
	return h.overall(p), list, len(h.picked) > 0
}

// Peek gives what Resolve would and moves nothing.
func (h *Handlespace) Peek(handle wire.PoolHandle, limit int, list []Entry) (wire.Policy, []Entry, bool) {
	p := h.pools[handle]
	if p == nil {
		return wire.Policy{}, list, false
	}
	before := *h.chance
	list = h.pick(p, limit, list)
	*h.chance = before
	return h.overall(p), list, len(h.picked) > 0
}

func (h *Handlespace) pick(p *pool, limit int, list []Entry) []Entry {
	n, homeless := limit, h.Count(0)
	if limit > 0 {
		n += homeless
	}
	h.picked = p.set.Pick(h.picked[:0], n, h.random)
	if homeless > 0 {
		h.picked = slices.DeleteFunc(h.picked, func(slot uint32) bool { return h.records.At(slot).home == 0 })
		if limit > 0 && limit < len(h.picked) {
			h.picked = h.picked[:limit]
		}
	}
	for _, slot := range h.picked {
		list = append(list, Entry{h, slot})
	}
	return list
}
