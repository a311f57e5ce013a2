package handlespace

import "rserpool/registrar/wire"

// Resolve answers a handle resolution: up to limit elements (0: all) that the
// pool's policy selects, best first, and the pool's policy. The selection state
// moves on. It is false where there is no such pool.
func (h *Handlespace) Resolve(handle wire.PoolHandle, limit int) (wire.Policy, []wire.PoolElement, bool) {
	overall, list, ok := h.Peek(handle, limit)
	if ok && overall.Type == wire.RoundRobin {
		h.index[handle].circle.Advance()
	}
	return overall, list, ok
}

// Peek gives what Resolve would and moves nothing.
func (h *Handlespace) Peek(handle wire.PoolHandle, limit int) (wire.Policy, []wire.PoolElement, bool) {
	p := h.index[handle]
	if p == nil {
		return wire.Policy{}, nil, false
	}
	return p.first().Element.Policy, p.circle.Select(limit), true
}
