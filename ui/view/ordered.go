package view

import (
	"cmp"
	"slices"
	"strings"

	"rserpool/registrar/replica"
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
	slots   map[replica.Ref]uint32
	rows    []orderedRow
	free    []uint32
	list    []uint32 // the slots of rows that are in, in order
	spare   []uint32
	looks   int
}

type orderedRow struct {
	ref replica.Ref
	spot
	moving bool // its place in the list is no longer right
}

func (o *ordered) compare(a, b *orderedRow) int {
	if c := cmp.Compare(a.first, b.first); c != 0 {
		return c
	}
	c := strings.Compare(string(a.ref.Handle), string(b.ref.Handle))
	if c == 0 {
		c = cmp.Compare(a.ref.ID, b.ref.ID)
	}
	if o.falling {
		return -c
	}
	return c
}

func (o *ordered) compareSlots(a, b uint32) int { return o.compare(&o.rows[a], &o.rows[b]) }

// len is how many rows there are, whether they fit the filter or not.
func (o *ordered) len() int { return len(o.slots) }

// window gives n rows that are in, from the one with the index from on.
func (o *ordered) window(from, n int) []replica.Ref {
	from = min(max(from, 0), len(o.list))
	part := o.list[from:min(from+max(n, 0), len(o.list))]
	refs := make([]replica.Ref, len(part))
	for i, slot := range part {
		refs[i] = o.rows[slot].ref
	}
	return refs
}

// index is where a row is among those that are in, -1 if it is none of them.
func (o *ordered) index(ref replica.Ref) int {
	slot, ok := o.slots[ref]
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
	slot, ok := o.slots[ref]
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
		o.slots = make(map[replica.Ref]uint32)
	}
	o.slots[ref] = slot
	o.rows[slot] = orderedRow{ref: ref, spot: p}
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
		slot, had := o.slots[ref]
		switch {
		case !had:
			slot = o.add(ref, want)
		case !there:
			o.count(o.rows[slot].spot, -1)
			delete(o.slots, ref)
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
	o := ordered{falling: falling}
	best := make([]orderedRow, 0, n+1)
	for ref, p := range rows {
		all++
		if p.look {
			looks++
		}
		if !p.in {
			continue
		}
		in++
		row := orderedRow{ref: ref, spot: p}
		if len(best) == n && o.compare(&row, &best[n-1]) > 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(best, row, func(a, b orderedRow) int { return o.compare(&a, &b) })
		best = slices.Insert(best, i, row)
		best = best[:min(len(best), n)]
	}
	for _, row := range best {
		list = append(list, row.ref)
	}
	return list, in, all, looks
}
