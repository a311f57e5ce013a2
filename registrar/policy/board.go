package policy

import "math"

// board finds the best of many classes: of the ready ones that with the earliest
// deadline, of the waiting ones that which will be ready first, of equals the one
// in front. It is a tournament: each row has the best of every 16 entries of the
// row before, so that a change takes time in proportion to the number of rows.
type board struct {
	// entries are the classes', rows the rows above them; the last has up to 16.
	entries []entry
	rows    [][]match
}

// entry is when a class may have its turn, and should have had it.
type entry struct {
	from, until uint64
	// ready: from has come. gone: it takes no part.
	ready, gone bool
}

// match is the best of several entries, -1 where there is none.
type match struct {
	until, from    uint64
	ready, waiting int32
}

const fanOut = 16

func (b *board) at(i int) entry { return b.entries[i] }

// grow adds an entry that takes no part yet.
func (b *board) grow() {
	b.entries = append(b.entries, entry{gone: true})
	below := len(b.entries)
	for r := 0; below > fanOut; r++ {
		below = (below + fanOut - 1) / fanOut
		if r == len(b.rows) {
			b.rows = append(b.rows, nil)
		}
		for i := len(b.rows[r]); i < below; i++ {
			b.rows[r] = append(b.rows[r], b.of(r, i*fanOut))
		}
	}
	b.play(len(b.entries) - 1)
}

// shrink takes the last entry off.
func (b *board) shrink() {
	last := len(b.entries) - 1
	b.entries = b.entries[:last]
	below := last
	for r := range b.rows {
		if below <= fanOut {
			b.rows = b.rows[:r]
			break
		}
		below = (below + fanOut - 1) / fanOut
		b.rows[r] = b.rows[r][:below]
	}
	b.play(last - 1)
}

func (b *board) set(i int, e entry) {
	b.entries[i] = e
	b.play(i)
}

// play plays the matches that depend on entry i again.
func (b *board) play(i int) {
	for r := range b.rows {
		i /= fanOut
		b.rows[r][i] = b.of(r, i*fanOut)
	}
}

// of is the match among 16 in the row below row r, from one on.
func (b *board) of(r, from int) match {
	if r == 0 {
		to := min(from+fanOut, len(b.entries))
		return among(b.entries[from:to], from)
	}
	below := b.rows[r-1]
	return final(below[from:min(from+fanOut, len(below))])
}

// best is where the best ready and the best waiting entry are; -1 if none is.
func (b *board) best() (ready, waiting int) {
	var m match
	if r := len(b.rows); r == 0 {
		m = among(b.entries, 0)
	} else {
		m = final(b.rows[r-1])
	}
	return int(m.ready), int(m.waiting)
}

func among(entries []entry, first int) match {
	m := match{math.MaxUint64, math.MaxUint64, -1, -1}
	for i := range entries {
		switch e := &entries[i]; {
		case e.gone:
		case e.ready:
			if e.until < m.until {
				m.until, m.ready = e.until, int32(first+i) //nolint:gosec // members have 32-bit numbers
			}
		case e.from < m.from:
			m.from, m.waiting = e.from, int32(first+i) //nolint:gosec // as above
		}
	}
	return m
}

func final(matches []match) match {
	m := matches[0]
	for _, other := range matches[1:] {
		if other.until < m.until {
			m.until, m.ready = other.until, other.ready
		}
		if other.from < m.from {
			m.from, m.waiting = other.from, other.waiting
		}
	}
	return m
}
