package replica

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Element is one pool element.
type Element struct {
	wire.PoolElement
	Handle wire.PoolHandle
	State  feed.ElementState
	// Owned: its home is the registrar whose replica this is.
	Owned bool
}

// Pool is one pool and the sums over its elements.
type Pool struct {
	handlespace.Pool
	// Owned, Suspect and Expired are numbers of elements.
	Owned, Suspect, Expired int
	// Homes are the home servers of its elements, by their ID.
	Homes []HomeCount
}

// HomeCount is how many elements one home server has in a pool.
type HomeCount struct {
	Home     wire.ServerID
	Elements int
}

// tally is what the replica adds to a pool of the handlespace.
type tally struct {
	homes            []HomeCount // by ID, none without elements
	suspect, expired int
}

func (t *tally) count(home wire.ServerID, change int) {
	i, ok := slices.BinarySearchFunc(t.homes, home, func(c HomeCount, id wire.ServerID) int {
		return cmp.Compare(c.Home, id)
	})
	if !ok {
		t.homes = insert(t.homes, i, HomeCount{Home: home})
	}
	t.homes[i].Elements += change
	if t.homes[i].Elements == 0 {
		t.homes = cut(t.homes, i)
	}
}

func (r *Replica) put(handle wire.PoolHandle, pe wire.PoolElement) {
	before, known := r.space.Element(handle, pe.ID)
	if _, err := r.space.Put(handle, pe, time.Time{}); err != nil {
		r.refused++
		return
	}
	t := r.pools[handle]
	if t == nil {
		t = &tally{}
		r.pools[handle] = t
	}
	t.count(pe.HomeServer, 1)
	if known {
		t.count(before.HomeServer, -1)
		r.touchHome(before.HomeServer)
	}
	r.touchHome(pe.HomeServer)
	r.dirty.element(handle, pe.ID)
}

func (r *Replica) remove(handle wire.PoolHandle, id wire.PEIdentifier) {
	e, ok := r.space.Find(handle, id)
	if !ok {
		return
	}
	t, home := r.pools[handle], e.HomeServer()
	r.healthChanged(t, r.states.forget(e), feed.Up)
	r.space.Drop(e)
	t.count(home, -1)
	if len(t.homes) == 0 {
		delete(r.pools, handle)
	}
	r.touchHome(home)
	r.dirty.element(handle, id)
}

func (r *Replica) applyElementState(m feed.ElementState) {
	e, ok := r.space.Find(m.Handle, m.ID)
	if !ok {
		return
	}
	r.spoke(e.HomeServer())
	r.healthChanged(r.pools[m.Handle], r.states.set(e, m), m.Health)
	r.dirty.element(m.Handle, m.ID)
}

// healthChanged keeps the counts of an element in the pool.
func (r *Replica) healthChanged(t *tally, was, is feed.Health) {
	suspect, expired := t.suspect, t.expired
	t.tell(was, -1)
	t.tell(is, 1)
	r.suspect += t.suspect - suspect
	r.expired += t.expired - expired
}

func (t *tally) tell(h feed.Health, change int) {
	switch h {
	case feed.Unanswered:
		t.suspect += change
	case feed.Expired:
		t.expired += change
	default: // up, or a word of a newer registrar
	}
}

// Pools walks the pools by the bytes of their handles.
func (r *Replica) Pools() iter.Seq[Pool] {
	return func(yield func(Pool) bool) {
		for p := range r.space.Pools() {
			if !yield(r.pool(p)) {
				return
			}
		}
	}
}

// Pool finds a pool.
func (r *Replica) Pool(handle wire.PoolHandle) (Pool, bool) {
	p, ok := r.space.Pool(handle)
	if !ok {
		return Pool{}, false
	}
	return r.pool(p), true
}

// Elements walks the elements of a pool by identifier.
func (r *Replica) Elements(handle wire.PoolHandle) iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for e := range r.space.Elements(handle) {
			if !yield(r.element(e)) {
				return
			}
		}
	}
}

// AllElements walks all elements by handle and identifier.
func (r *Replica) AllElements() iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for e := range r.space.Table(handlespace.Position{}, 0) {
			if !yield(r.element(e)) {
				return
			}
		}
	}
}

// Element finds an element.
func (r *Replica) Element(handle wire.PoolHandle, id wire.PEIdentifier) (Element, bool) {
	e, ok := r.space.Find(handle, id)
	if !ok {
		return Element{}, false
	}
	return r.element(e), true
}

func (r *Replica) pool(p handlespace.Pool) Pool {
	t := r.pools[p.Handle]
	pool := Pool{
		Pool: p, Suspect: t.suspect, Expired: t.expired, Homes: slices.Clone(t.homes),
	}
	for _, c := range t.homes {
		if c.Home == r.Self() {
			pool.Owned = c.Elements
		}
	}
	return pool
}

func (r *Replica) element(e handlespace.Entry) Element {
	state, _ := r.states.of(e)
	return Element{PoolElement: e.PoolElement(), Handle: e.Handle(), State: state, Owned: e.HomeServer() == r.Self()}
}
