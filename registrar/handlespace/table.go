package handlespace

import (
	"iter"

	"rserpool/registrar/wire"
)

// Position is a place in the handle table: right behind one element, which may
// be gone by now. The zero value is the beginning.
type Position struct {
	Handle  wire.PoolHandle
	ID      wire.PEIdentifier
	Started bool
}

// Each walk below allows changes of the handlespace while it goes on: it then
// looks up its place anew, so that it gives what is behind it at that moment
// and nothing twice.

// Table walks the handle table from a position on: the elements of one home
// server, or of all with home 0.
func (h *Handlespace) Table(after Position, home wire.ServerID) iter.Seq2[wire.PoolHandle, Element] {
	scan := h.scanAll
	if home != 0 {
		scan = h.scanHome(home)
	}
	return h.walk(after, scan)
}

// OwnedBy walks the elements of one home server, 0 being an undetermined one.
func (h *Handlespace) OwnedBy(home wire.ServerID) iter.Seq2[wire.PoolHandle, Element] {
	return h.walk(Position{}, h.scanHome(home))
}

// Elements walks the elements of one pool by identifier.
func (h *Handlespace) Elements(handle wire.PoolHandle) iter.Seq[Element] {
	scan := func(after Position, visit func(*element) bool) {
		if p := h.index[handle]; p != nil {
			p.scan(after, visit)
		}
	}
	return func(yield func(Element) bool) {
		for _, e := range h.walk(Position{}, scan) {
			if !yield(e) {
				return
			}
		}
	}
}

// Pools walks the pools by the bytes of their handles.
func (h *Handlespace) Pools() iter.Seq[Pool] {
	return func(yield func(Pool) bool) {
		var last wire.PoolHandle
		started := false
		for again := true; again; {
			again = false
			changes := h.changes
			h.pools.Ascend(last, func(handle wire.PoolHandle, p *pool) bool {
				if started && handle == last {
					return true
				}
				last, started = handle, true
				if !yield(p.view()) {
					return false
				}
				again = h.changes != changes
				return !again
			})
		}
	}
}

// A scan visits elements behind a position until visit returns false.
type scan func(after Position, visit func(*element) bool)

// walk makes a scan go on behind the last element after every change.
func (h *Handlespace) walk(start Position, scan scan) iter.Seq2[wire.PoolHandle, Element] {
	return func(yield func(wire.PoolHandle, Element) bool) {
		after := start
		for again := true; again; {
			again = false
			changes := h.changes
			scan(after, func(e *element) bool {
				after = Position{Handle: e.pool.handle, ID: e.Element.ID, Started: true}
				if !yield(e.pool.handle, e.view()) {
					return false
				}
				again = h.changes != changes
				return !again
			})
		}
	}
}

func (h *Handlespace) scanAll(after Position, visit func(*element) bool) {
	h.pools.Ascend(after.Handle, func(handle wire.PoolHandle, p *pool) bool {
		if handle != after.Handle {
			after = Position{}
		}
		return p.scan(after, visit)
	})
}

func (h *Handlespace) scanHome(id wire.ServerID) scan {
	return func(after Position, visit func(*element) bool) {
		m := h.homes[id]
		if m == nil {
			return
		}
		pivot := &element{pool: &pool{handle: after.Handle}}
		pivot.Element.ID = after.ID
		m.elements.Ascend(pivot, func(e *element) bool {
			return after.at(e) || visit(e)
		})
	}
}

// scan visits the pool's elements behind a position in this pool, and reports
// whether visit always said to go on.
func (p *pool) scan(after Position, visit func(*element) bool) bool {
	goOn := true
	p.elements.Ascend(after.ID, func(_ wire.PEIdentifier, e *element) bool {
		goOn = after.at(e) || visit(e)
		return goOn
	})
	return goOn
}

// at reports whether the position is right behind e.
func (p Position) at(e *element) bool {
	return p.Started && e.Element.ID == p.ID && e.pool.handle == p.Handle
}
