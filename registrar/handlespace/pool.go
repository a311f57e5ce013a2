package handlespace

import (
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Pool is what all elements of a pool agree about (RFC 5352 section 3.1).
type Pool struct {
	Handle wire.PoolHandle
	// Policy has the type that all elements have, and the data of the element
	// with the lowest identifier.
	Policy wire.Policy
	// Transport and Use are those of every user transport in the pool.
	Transport wire.ParameterType
	Use       wire.TransportUse
	// Len is the number of elements, never 0.
	Len int
}

// pool has no list of its elements: they are a range of Handlespace.elements.
type pool struct {
	handle wire.PoolHandle
	// number is the upper half of the keys of its elements.
	number uint32
	size   int
	// first is the element with the lowest identifier, which speaks for the pool.
	first  uint32
	policy wire.PolicyType
	// fields is how many 32-bit fields the policy has, if RFC 5356 defines it.
	fields    int
	transport wire.ParameterType
	use       wire.TransportUse
	// carried: peers are told of it.
	carried bool
	set     policy.Set
}

// Pool finds a pool.
func (h *Handlespace) Pool(handle wire.PoolHandle) (Pool, bool) {
	if p := h.pools[handle]; p != nil {
		return h.view(p), true
	}
	return Pool{}, false
}

// PoolLen is the number of elements of a pool, 0 where there is none.
func (h *Handlespace) PoolLen(handle wire.PoolHandle) int {
	if p := h.pools[handle]; p != nil {
		return p.size
	}
	return 0
}

// open makes a pool for its first element.
func (h *Handlespace) open(handle wire.PoolHandle, pe *wire.PoolElement) *pool {
	p := &pool{
		handle: handle, number: h.numbered.Take(),
		policy: pe.Policy.Type, fields: len(policy.RuleOf(pe.Policy.Type).Fields), transport: pe.UserTransport.Type, use: pe.UserTransport.Use,
		carried: h.Carries == nil || h.Carries(handle, pe.UserTransport.Type),
		set:     h.members.NewSet(pe.Policy.Type),
	}
	*h.numbered.At(p.number) = p
	h.pools[handle] = p
	h.ordered.Set(handle, p)
	return p
}

func (h *Handlespace) close(p *pool) {
	*h.numbered.At(p.number) = nil
	h.numbered.Give(p.number)
	delete(h.pools, p.handle)
	h.ordered.Delete(p.handle)
}

// key is where an element of the pool stands in trees.
func (p *pool) key(id wire.PEIdentifier) uint64 { return uint64(p.number)<<32 | uint64(id) }

func (p *pool) joined(h *Handlespace, slot uint32, r *record) {
	if p.size++; p.size == 1 || r.id < h.records.At(p.first).id {
		p.first = slot
	}
}

// left: the element is no longer in Handlespace.elements.
func (p *pool) left(h *Handlespace, slot uint32) {
	if p.size--; slot == p.first && p.size > 0 {
		c := h.elements.Seek(&h.nodes, p.key(0))
		p.first = c.Value()
	}
}

func (h *Handlespace) view(p *pool) Pool {
	return Pool{Handle: p.handle, Policy: h.overall(p), Transport: p.transport, Use: p.use, Len: p.size}
}

// overall is the policy of a pool.
func (h *Handlespace) overall(p *pool) wire.Policy {
	if !p.policy.Defined() {
		return Entry{h, p.first}.Policy()
	}
	return h.members.Values(p.first).Policy(p.policy)
}
