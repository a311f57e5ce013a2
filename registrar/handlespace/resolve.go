package handlespace

import "rserpool/registrar/wire"

// Resolve answers a handle resolution: it appends up to limit elements (0: all)
// that the pool's policy selects to list, best first and none twice, and gives
// the pool's policy. The selection state moves on. It is false where there is no
// such pool.
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
	return h.overall(p), list, true
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
	return h.overall(p), list, true
}

func (h *Handlespace) pick(p *pool, limit int, list []Entry) []Entry {
	h.picked = p.set.Pick(h.picked[:0], limit, h.random)
	for _, slot := range h.picked {
		list = append(list, Entry{h, slot})
	}
	return list
}
