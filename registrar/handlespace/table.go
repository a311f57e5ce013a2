package handlespace

import (
	"iter"
	"math"

	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// Position is a place in the handle table: right behind one element, which may
// be gone by now. The zero value is the beginning.
type Position struct {
	handle  wire.PoolHandle
	key     uint64
	started bool
}

// Position is the place behind the element.
func (e Entry) Position() Position {
	p := e.pool()
	return Position{p.handle, p.key(e.record().id), true}
}

// Each walk below allows changes of the handlespace while it goes on: it then
// looks up its place anew, also where its pool has gone and come again, and goes
// on with what is behind it at that moment. It gives nothing twice, but by home
// server it may give again what was removed and added meanwhile.

// Table walks the handle table from a position on: all elements, by handle and
// identifier, or with a home other than 0 those of one home server, pool by pool
// in an order that stays the same, and by identifier. A position belongs to the
// walk that it comes from.
func (h *Handlespace) Table(after Position, home wire.ServerID) iter.Seq[Entry] {
	if home != 0 {
		return h.ofHome(after, home)
	}
	return func(yield func(Entry) bool) {
		for p := h.poolFrom(after.handle); p != nil; p = h.poolBehind(p.handle) {
			var from uint64
			if after.started && p.handle == after.handle {
				from = after.key&math.MaxUint32 + 1
			}
			if !h.inPool(p, from, yield) {
				return
			}
		}
	}
}

// OwnedBy walks the elements of one home server, 0 being an undetermined one, in
// the order of Table.
func (h *Handlespace) OwnedBy(home wire.ServerID) iter.Seq[Entry] {
	return h.ofHome(Position{}, home)
}

// Elements walks the elements of one pool by identifier.
func (h *Handlespace) Elements(handle wire.PoolHandle) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if p := h.pools[handle]; p != nil {
			h.inPool(p, 0, yield)
		}
	}
}

// Pools walks the pools by the bytes of their handles.
func (h *Handlespace) Pools() iter.Seq[Pool] {
	return func(yield func(Pool) bool) {
		for p := h.poolFrom(""); p != nil; p = h.poolBehind(p.handle) {
			if !yield(h.view(p)) {
				return
			}
		}
	}
}

func (h *Handlespace) poolFrom(handle wire.PoolHandle) (found *pool) {
	h.ordered.Ascend(handle, func(_ wire.PoolHandle, p *pool) bool {
		found = p
		return false
	})
	return found
}

func (h *Handlespace) poolBehind(handle wire.PoolHandle) (found *pool) {
	h.ordered.Ascend(handle, func(key wire.PoolHandle, p *pool) bool {
		if key == handle {
			return true
		}
		found = p
		return false
	})
	return found
}

func (h *Handlespace) ofHome(after Position, id wire.ServerID) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		from, again := after.key, true
		if after.started {
			from++ // no pool has the highest number
		}
		for again {
			m := h.homes[id]
			if m == nil {
				return
			}
			from, again, _ = h.along(&m.elements, from, math.MaxUint64, yield)
		}
	}
}

// inPool gives the elements of a pool with identifiers from one on, which may be
// above all, and reports whether yield always said to go on. After a change it
// looks for the pool anew: the number may be another one's.
func (h *Handlespace) inPool(p *pool, from uint64, yield func(Entry) bool) bool {
	for p != nil {
		next, again, ok := h.along(&h.elements, p.key(0)+from, p.key(math.MaxUint32), yield)
		if !again {
			return ok
		}
		from = next - p.key(0)
		p = h.pools[p.handle]
	}
	return true
}

// along gives the entries of a tree with keys in [from, to] until the handlespace
// has changed: then it is to be called again, with the key from which on. It is
// not ok where yield said to stop.
func (h *Handlespace) along(tree *index.Tree, from, to uint64, yield func(Entry) bool) (next uint64, again, ok bool) {
	changes := h.changes
	for c := tree.Seek(&h.nodes, from); c.Valid(); c.Next() {
		key := c.Key()
		if key > to {
			break
		}
		if !yield(Entry{h, c.Value()}) {
			return 0, false, false
		}
		if h.changes != changes {
			return key + 1, true, true
		}
	}
	return 0, false, true
}
