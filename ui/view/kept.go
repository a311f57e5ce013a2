package view

import (
	"slices"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// Window is the part of a long table that is in the document: Rows rows from the
// index From on, of which Seen from Top on are in sight. The zero value is a table
// that starts at its top.
type Window struct{ From, Rows, Top, Seen int }

// Kept is what the page's program keeps between two paints: the order of the table
// that is shown, so that a paint costs what has changed. The zero value is ready.
type Kept struct {
	shape   shape
	order   ordered
	changed backlog
	// waiting are the rows that are not where they belong while the order holds.
	waiting map[replica.Ref]struct{}
	hold    bool
	apply   bool
	// trips are what came of probes of peers, one for each of few peers.
	trips []*Trip
	// Digests is the latest comparison of the whole handlespace.
	Digests Digests
}

// shape is all that an order depends on but the rows.
type shape struct {
	kind         Kind
	pool         wire.PoolHandle
	filter, sort string
}

// backlog is what has changed since the order was right.
type backlog struct {
	pools    []wire.PoolHandle
	elements []replica.Ref
	all      bool
}

// maxBacklog is how many changes are remembered: behind more of them, ordering all
// rows anew is no more work.
const maxBacklog = 1 << 16

// Note takes down what has changed in the replica.
func (k *Kept) Note(d replica.Dirty) {
	c := &k.changed
	switch {
	case c.all:
	case d.All || len(c.pools)+len(c.elements) > maxBacklog:
		*c = backlog{all: true}
	default:
		c.pools = append(c.pools, d.Pools...)
		c.elements = append(c.elements, d.Elements...)
	}
}

// Hold keeps the order as it is as long as on is true: values change, rows stay.
func (k *Kept) Hold(on bool) { k.hold = on }

// Apply puts all rows where they belong at the next paint, even while the order
// holds.
func (k *Kept) Apply() { k.apply = true }

// arrangement is how a table is ordered.
type arrangement struct {
	shape   shape
	falling bool
	// pools: the rows are pools, named by references without an element.
	pools bool
	every func(yield func(replica.Ref, spot) bool)
	place func(replica.Ref) (spot, bool)
}

// arranged is the part of a table that is wanted, and how many rows there are: in
// the table, in all, and of those that are counted apart.
type arranged struct {
	refs          []replica.Ref
	from          int
	in, all, look int
	waiting       int
}

// arrange orders a table and gives the rows that the query wants.
func arrange(q Query, a arrangement) arranged {
	k := q.Kept
	if k == nil {
		var w arranged
		w.refs, w.in, w.all, w.look = first(q.rows(), a.falling, a.every)
		return w
	}
	k.follow(a)
	n := q.Window.Rows
	if n == 0 {
		n = WindowRows
	}
	in := len(k.order.list)
	from := max(min(q.Window.From, in-n), 0)
	return arranged{k.order.window(from, n), from, in, k.order.len(), k.order.looks, len(k.waiting)}
}

// follow brings the order up to what has changed.
func (k *Kept) follow(a arrangement) {
	c := k.changed
	k.changed = backlog{pools: c.pools[:0], elements: c.elements[:0]}
	if c.all || k.shape != a.shape {
		k.shape, k.order.falling = a.shape, a.falling
		k.order.fill(a.every)
		clear(k.waiting)
		return
	}
	refs := c.elements
	if a.pools {
		refs = make([]replica.Ref, len(c.pools))
		for i, handle := range c.pools {
			refs[i].Handle = handle
		}
	}
	if !k.hold || k.apply {
		k.apply = false
		for ref := range k.waiting {
			refs = append(refs, ref)
		}
		clear(k.waiting)
		k.order.update(refs, a.place)
		return
	}
	for _, ref := range refs {
		if want, there := a.place(ref); k.order.differs(ref, want, there) {
			if k.waiting == nil {
				k.waiting = make(map[replica.Ref]struct{})
			}
			k.waiting[ref] = struct{}{}
		} else {
			delete(k.waiting, ref)
		}
	}
}

// neighbours gives the rows before and behind one, and its index, which is -1 where
// the table does not have it. A zero reference stands for none.
func (w arranged) neighbours(q Query, ref replica.Ref) (before, behind replica.Ref, index int) {
	if k := q.Kept; k != nil {
		if index = k.order.index(ref); index < 0 {
			return before, behind, index
		}
		if list := k.order.window(index-1, 1); index > 0 && len(list) > 0 {
			before = list[0]
		}
		if list := k.order.window(index+1, 1); len(list) > 0 {
			behind = list[0]
		}
		return before, behind, index
	}
	index = slices.Index(w.refs, ref)
	if index > 0 {
		before = w.refs[index-1]
	}
	if index >= 0 && index+1 < len(w.refs) {
		behind = w.refs[index+1]
	}
	return before, behind, index
}
