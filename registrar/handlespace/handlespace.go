package handlespace

import (
	"time"

	"github.com/tidwall/btree"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Handlespace is all pools that a registrar knows. Use New.
type Handlespace struct {
	// pools has them in order, index finds one at once.
	pools  btree.Map[wire.PoolHandle, *pool]
	index  map[wire.PoolHandle]*pool
	homes  map[wire.ServerID]*home
	expiry *btree.BTreeG[*element]
	size   int
	// changes counts what has moved to or from a home; walks notice it (see table.go).
	changes uint64
}

type pool struct {
	handle   wire.PoolHandle
	elements btree.Map[wire.PEIdentifier, *element]
	circle   policy.Circle
}

type element struct {
	policy.Member
	pool    *pool
	expires time.Time
	reports int
}

// Element is a pool element and what its pool's registrar adds. Its address
// lists are shared with the handlespace: read them only.
type Element struct {
	wire.PoolElement
	// Expires is when the registration ends; zero: it does not end here.
	Expires time.Time
	// Reports counts the ENDPOINT_UNREACHABLEs since the registration.
	Reports int
}

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

// Ref names an element.
type Ref struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
}

// New returns an empty handlespace.
func New() *Handlespace {
	return &Handlespace{
		index:  make(map[wire.PoolHandle]*pool),
		homes:  make(map[wire.ServerID]*home),
		expiry: btree.NewBTreeGOptions(expiresBefore, btree.Options{NoLocks: true}),
	}
}

// Put adds an element, or replaces it: attributes, home and expiry are the new
// ones and its reports are forgotten, but it keeps its turn. The error is a
// *ConflictError, and nothing has changed, where policy type, transport type or
// transport use contradict the pool (RFC 5352 section 3.1), even if the pool has
// no other element.
func (h *Handlespace) Put(handle wire.PoolHandle, pe wire.PoolElement, expires time.Time) (added bool, err error) {
	p := h.index[handle]
	if p != nil {
		if err := p.conflict(pe); err != nil {
			return false, err
		}
	} else {
		p = &pool{handle: handle}
		h.index[handle] = p
		h.pools.Set(handle, p)
	}
	e, known := p.elements.Get(pe.ID)
	if known {
		h.move(e, pe.HomeServer, expires)
		e.Element, e.reports = pe, 0
		return false, nil
	}
	e = &element{pool: p, expires: expires}
	e.Element = pe
	p.elements.Set(pe.ID, e)
	p.circle.Join(&e.Member)
	h.joinHome(e)
	h.joinExpiry(e)
	h.size++
	return true, nil
}

// Remove takes an element out and returns it; a pool goes with its last element.
func (h *Handlespace) Remove(handle wire.PoolHandle, id wire.PEIdentifier) (Element, bool) {
	e := h.find(handle, id)
	if e == nil {
		return Element{}, false
	}
	h.leaveHome(e)
	h.leaveExpiry(e)
	e.pool.circle.Leave(&e.Member)
	e.pool.elements.Delete(id)
	if e.pool.elements.Len() == 0 {
		h.pools.Delete(handle)
		delete(h.index, handle)
	}
	h.size--
	return e.view(), true
}

// SetHome gives an element another home server and expiry, as a takeover does;
// its turn and its reports stay. It is false where there is no such element.
func (h *Handlespace) SetHome(handle wire.PoolHandle, id wire.PEIdentifier, home wire.ServerID, expires time.Time) bool {
	e := h.find(handle, id)
	if e == nil {
		return false
	}
	h.move(e, home, expires)
	return true
}

// Report counts one more ENDPOINT_UNREACHABLE and returns how many there were
// since the registration.
func (h *Handlespace) Report(handle wire.PoolHandle, id wire.PEIdentifier) (reports int, ok bool) {
	e := h.find(handle, id)
	if e == nil {
		return 0, false
	}
	e.reports++
	return e.reports, true
}

// Element finds an element.
func (h *Handlespace) Element(handle wire.PoolHandle, id wire.PEIdentifier) (Element, bool) {
	if e := h.find(handle, id); e != nil {
		return e.view(), true
	}
	return Element{}, false
}

// Pool finds a pool.
func (h *Handlespace) Pool(handle wire.PoolHandle) (Pool, bool) {
	if p := h.index[handle]; p != nil {
		return p.view(), true
	}
	return Pool{}, false
}

// Len is the number of elements, PoolCount that of pools.
func (h *Handlespace) Len() int { return h.size }

// PoolCount is the number of pools.
func (h *Handlespace) PoolCount() int { return len(h.index) }

func (h *Handlespace) find(handle wire.PoolHandle, id wire.PEIdentifier) *element {
	p := h.index[handle]
	if p == nil {
		return nil
	}
	e, _ := p.elements.Get(id)
	return e
}

// move gives an element another home and expiry.
func (h *Handlespace) move(e *element, home wire.ServerID, expires time.Time) {
	if e.Element.HomeServer != home {
		h.leaveHome(e)
		e.Element.HomeServer = home
		h.joinHome(e)
	}
	if !e.expires.Equal(expires) {
		h.leaveExpiry(e)
		e.expires = expires
		h.joinExpiry(e)
	}
}

func (e *element) view() Element {
	return Element{PoolElement: e.Element, Expires: e.expires, Reports: e.reports}
}

// first is the element that speaks for the pool.
func (p *pool) first() *element {
	_, e, _ := p.elements.Min()
	return e
}

func (p *pool) view() Pool {
	e := p.first()
	return Pool{
		Handle: p.handle, Policy: e.Element.Policy,
		Transport: e.Element.UserTransport.Type, Use: e.Element.UserTransport.Use,
		Len: p.elements.Len(),
	}
}

// precedes is the order of the handle table: by handle bytes, then identifier.
func precedes(a, b *element) bool {
	if a.pool != b.pool && a.pool.handle != b.pool.handle {
		return a.pool.handle < b.pool.handle
	}
	return a.Element.ID < b.Element.ID
}
