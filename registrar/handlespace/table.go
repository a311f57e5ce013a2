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
// looks up its place anew, so that it gives what is behind it at that moment
// and nothing twice. An Entry that it gives is valid until the first of them.

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
			from := p.key(0)
			if after.started && p.handle == after.handle {
				id := wire.PEIdentifier(after.key) //nolint:gosec // the lower half
				if id == math.MaxUint32 {
					continue
				}
				from = p.key(id + 1)
			}
			if !h.walk(h.all, from, p.key(math.MaxUint32), yield) {
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
			h.walk(h.all, p.key(0), p.key(math.MaxUint32), yield)
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
		from := after.key
		if after.started {
			from++ // no pool has the highest number
		}
		h.walk(func() *index.Tree {
			if m := h.homes[id]; m != nil {
				return &m.elements
			}
			return &index.Tree{}
		}, from, math.MaxUint64, yield)
	}
}

func (h *Handlespace) all() *index.Tree { return &h.elements }

// walk gives the entries of a tree with keys in [from, to], and reports whether
// yield always said to go on.
func (h *Handlespace) walk(tree func() *index.Tree, from, to uint64, yield func(Entry) bool) bool {
	c := tree().Seek(&h.nodes, from)
	changes := h.changes
	for c.Valid() {
		key := c.Key()
		if key > to {
			break
		}
		if !yield(Entry{h, c.Value()}) {
			return false
		}
		if h.changes == changes {
			c.Next()
			continue
		}
		if key == to {
			break
		}
		c, changes = tree().Seek(&h.nodes, key+1), h.changes
	}
	return true
}
