package view

import (
	"cmp"
	"slices"
	"strings"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// spot is where a row belongs in its table: rows go by first, then by handle and
// identifier. Rows that are not in do not fit the filter. look marks rows that are
// counted apart, whether they fit or not.
type spot struct {
	first    uint64
	in, look bool
}

// ordered keeps the rows of a table in order. After changes it is made right in
// one pass over numbers, whatever their count: a table of 100,000 rows takes
// thousands of changes a second.
type ordered struct {
	// falling turns the order of handles and identifiers round.
	falling bool
	handles handles
	slots   map[rowName]uint32
	rows    []orderedRow
	free    []uint32
	list    []uint32 // the slots of rows that are in, in order
	spare   []uint32
	looks   int
}

// rowName is a reference with the number of its handle.
type rowName struct {
	pool uint32
	id   wire.PEIdentifier
}

type orderedRow struct {
	rowName
	spot
	moving bool // its place in the list is no longer right
}

func (o *ordered) compareSlots(i, k uint32) int {
	a, b := &o.rows[i], &o.rows[k]
	if c := cmp.Compare(a.first, b.first); c != 0 {
		return c
	}
	c := 0
	if a.pool != b.pool {
		c = strings.Compare(string(o.handles.list[a.pool]), string(o.handles.list[b.pool]))
	}
	return byName(c, a.id, b.id, o.falling)
}

// byName orders rows that are alike, by how their handles compare and by identifier.
func byName(handles int, a, b wire.PEIdentifier, falling bool) int {
	if handles == 0 {
		handles = cmp.Compare(a, b)
	}
	if falling {
		return -handles
	}
	return handles
}

// find gives the slot of a row.
func (o *ordered) find(ref replica.Ref) (slot uint32, ok bool) {
	n, ok := o.handles.numbers[ref.Handle]
	if !ok {
		return 0, false
	}
	slot, ok = o.slots[rowName{n, ref.ID}]
	return slot, ok
}

func (o *ordered) ref(slot uint32) replica.Ref {
	r := &o.rows[slot]
	return replica.Ref{Handle: o.handles.list[r.pool], ID: r.id}
}

// len is how many rows there are, whether they fit the filter or not.
func (o *ordered) len() int { return len(o.slots) }

// window gives n rows that are in, from the one with the index from on.
func (o *ordered) window(from, n int) []replica.Ref {
	from = min(max(from, 0), len(o.list))
	part := o.list[from:min(from+max(n, 0), len(o.list))]
	refs := make([]replica.Ref, len(part))
	for i, slot := range part {
		refs[i] = o.ref(slot)
	}
	return refs
}

// index is where a row is among those that are in, -1 if it is none of them.
func (o *ordered) index(ref replica.Ref) int {
	slot, ok := o.find(ref)
	if !ok {
		return -1
	}
	i, ok := slices.BinarySearchFunc(o.list, slot, o.compareSlots)
	if !ok {
		return -1
	}
	return i
}

// differs reports whether a row is not where it belongs.
func (o *ordered) differs(ref replica.Ref, want spot, there bool) bool {
	slot, ok := o.find(ref)
	return ok != there || ok && o.rows[slot].spot != want
}

// add puts a row in that is not there; until settle its place does not count.
func (o *ordered) add(ref replica.Ref, p spot) uint32 {
	var slot uint32
	if n := len(o.free); n > 0 {
		slot, o.free = o.free[n-1], o.free[:n-1]
	} else {
		slot = uint32(len(o.rows)) //nolint:gosec // one a row
		o.rows = append(o.rows, orderedRow{})
	}
	if o.slots == nil {
		o.slots = make(map[rowName]uint32)
	}
	name := rowName{o.handles.use(ref.Handle), ref.ID}
	o.slots[name] = slot
	o.rows[slot] = orderedRow{rowName: name, spot: p}
	o.count(p, 1)
	return slot
}

func (o *ordered) count(p spot, change int) {
	if p.look {
		o.looks += change
	}
}

// fill takes all rows anew.
func (o *ordered) fill(rows func(yield func(replica.Ref, spot) bool)) {
	*o = ordered{falling: o.falling, rows: o.rows[:0], list: o.list[:0], spare: o.spare, slots: o.slots}
	clear(o.slots)
	for ref, p := range rows {
		if slot := o.add(ref, p); p.in {
			o.list = append(o.list, slot)
		}
	}
	slices.SortFunc(o.list, o.compareSlots)
}

// update puts rows that have changed where they belong now.
func (o *ordered) update(refs []replica.Ref, now func(replica.Ref) (spot, bool)) {
	var gone, moved []uint32
	stale := false
	for _, ref := range refs {
		want, there := now(ref)
		if !o.differs(ref, want, there) {
			continue
		}
		slot, had := o.find(ref)
		switch {
		case !had:
			slot = o.add(ref, want)
		case !there:
			o.count(o.rows[slot].spot, -1)
			delete(o.slots, o.rows[slot].rowName)
			gone = append(gone, slot)
		default:
			o.count(o.rows[slot].spot, -1)
			o.count(want, 1)
		}
		row := &o.rows[slot]
		stale = stale || had && row.in
		row.moving = true
		if there {
			row.spot = want
			moved = append(moved, slot)
		}
	}
	if stale {
		o.list = slices.DeleteFunc(o.list, func(slot uint32) bool { return o.rows[slot].moving })
	}
	o.merge(moved)
	for _, slot := range gone {
		o.handles.drop(o.rows[slot].pool)
		o.rows[slot] = orderedRow{}
	}
	o.free = append(o.free, gone...)
}

// merge puts slots, of which none is in the list, into it.
func (o *ordered) merge(slots []uint32) {
	slots = slices.DeleteFunc(slots, func(slot uint32) bool {
		row := &o.rows[slot]
		row.moving = false
		return !row.in
	})
	if len(slots) == 0 {
		return
	}
	slices.SortFunc(slots, o.compareSlots)
	merged, rest := o.spare[:0], o.list
	for _, slot := range slots {
		i, _ := slices.BinarySearchFunc(rest, slot, o.compareSlots)
		merged = append(append(merged, rest[:i]...), slot)
		rest = rest[i:]
	}
	o.list, o.spare = append(merged, rest...), o.list
}

// first gives the n first rows that are in and the number of all of them, in one
// pass that keeps no more: for a page that is made once.
func first(n int, falling bool, rows func(yield func(replica.Ref, spot) bool)) (list []replica.Ref, in, all, looks int) {
	type row struct {
		replica.Ref
		spot
	}
	compare := func(a, b row) int {
		if c := cmp.Compare(a.first, b.first); c != 0 {
			return c
		}
		return byName(strings.Compare(string(a.Handle), string(b.Handle)), a.ID, b.ID, falling)
	}
	best := make([]row, 0, n+1)
	for ref, p := range rows {
		all++
		if p.look {
			looks++
		}
		if !p.in {
			continue
		}
		in++
		next := row{ref, p}
		if len(best) == n && compare(next, best[n-1]) > 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(best, next, compare)
		best = slices.Insert(best, i, next)
		best = best[:min(len(best), n)]
	}
	for _, row := range best {
		list = append(list, row.Ref)
	}
	return list, in, all, looks
}
