package policy

import "math"

// board finds the best of many classes: of the ready ones that with the earliest
// deadline, of the waiting ones that which will be ready first, of equals the one
// in front. It is a tournament: each row has the winners of every 16 places of the
// row below, so that a change takes time in proportion to the number of rows.
type board struct {
	// deadlines are those of the ready classes, times those from which the waiting
	// ones are ready; never for the others.
	deadlines, times []uint64
	// rows are above these; the last has up to 16 places.
	rows [][]winners
	top  winners
}

// winners are the best of several places, none where there is none.
type winners struct {
	deadline, time uint64
	ready, waiting int32
}

const (
	fanOut = 16
	never  = math.MaxUint64
	none   = -1
)

var nobody = winners{never, never, none, none}

func (b *board) ready(i int, deadline uint64) { b.set(i, deadline, never) }

func (b *board) waits(i int, until uint64) { b.set(i, never, until) }

func (b *board) set(i int, deadline, time uint64) {
	b.deadlines[i], b.times[i] = deadline, time
	w, from := &b.top, 0
	if len(b.rows) > 0 {
		w, from = &b.rows[0][i/fanOut], i/fanOut*fanOut
	}
	to := min(from+fanOut, len(b.times))
	// Only who loses the first place makes all others compete for it.
	if place := int32(i); place == w.ready { //nolint:gosec // members have 32-bit numbers
		w.deadline, w.ready = first(b.deadlines[from:to], from)
	} else if deadline < w.deadline || deadline == w.deadline && place < w.ready {
		w.deadline, w.ready = deadline, place
	}
	if place := int32(i); place == w.waiting { //nolint:gosec // as above
		w.time, w.waiting = first(b.times[from:to], from)
	} else if time < w.time || time == w.time && place < w.waiting {
		w.time, w.waiting = time, place
	}
	b.play(1, i/fanOut)
}

// grow adds a place that takes no part yet.
func (b *board) grow() {
	if b.times == nil {
		b.deadlines, b.times = make([]uint64, 0, 4), make([]uint64, 0, 4)
	}
	b.deadlines, b.times = append(b.deadlines, never), append(b.times, never)
	below := len(b.times)
	for r := 0; below > fanOut; r++ {
		below = (below + fanOut - 1) / fanOut
		if r == len(b.rows) {
			b.rows = append(b.rows, nil)
		}
		for i := len(b.rows[r]); i < below; i++ {
			b.rows[r] = append(b.rows[r], b.match(r, i))
		}
	}
	b.play(0, len(b.times)-1)
}

// shrink gives place i what the last place has, and takes that off.
func (b *board) shrink(i int) {
	last := len(b.times) - 1
	b.set(i, b.deadlines[last], b.times[last])
	b.deadlines, b.times = b.deadlines[:last], b.times[:last]
	below := last
	for r := range b.rows {
		if below <= fanOut {
			b.rows = b.rows[:r]
			break
		}
		below = (below + fanOut - 1) / fanOut
		b.rows[r] = b.rows[r][:below]
	}
	b.play(0, last-1)
}

// play plays the matches again that depend on place i, in row r and those above.
func (b *board) play(r, i int) {
	all := r == 0
	for ; r < len(b.rows); r++ {
		i /= fanOut
		b.rows[r][i] = b.match(r, i)
	}
	if r := len(b.rows); r > 0 {
		b.top = final(b.rows[r-1])
	} else if all {
		b.top = among(b.deadlines, b.times, 0)
	}
}

// match is number i of row r.
func (b *board) match(r, i int) winners {
	from := i * fanOut
	if r == 0 {
		to := min(from+fanOut, len(b.times))
		return among(b.deadlines[from:to], b.times[from:to], from)
	}
	below := b.rows[r-1]
	return final(below[from:min(from+fanOut, len(below))])
}

func among(deadlines, times []uint64, from int) (w winners) {
	w.deadline, w.ready = first(deadlines, from)
	w.time, w.waiting = first(times, from)
	return w
}

// first is the lowest of several values and its place, that of the first one being
// given.
func first(values []uint64, from int) (lowest uint64, place int32) {
	lowest, place = never, none
	for i, v := range values {
		if v < lowest {
			lowest, place = v, int32(from+i) //nolint:gosec // as above
		}
	}
	return lowest, place
}

func final(list []winners) winners {
	w := list[0]
	for _, other := range list[1:] {
		if other.deadline < w.deadline {
			w.deadline, w.ready = other.deadline, other.ready
		}
		if other.time < w.time {
			w.time, w.waiting = other.time, other.waiting
		}
	}
	return w
}
