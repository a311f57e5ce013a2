package registrar

import (
	"time"

	"rserpool/registrar/index"
)

// clock is when one thing is to be done. It is part of its owner, so that a million
// elements need no million callbacks.
type clock struct {
	// at is the time since timers.epoch.
	at time.Duration
	// order makes clocks of the same time go off in the order they were set.
	order uint32
	// place is the index of its turn in the heap plus 1, 0 while not set.
	place uint32
}

// timer is the clock of anything but an element: of these there are few.
type timer struct {
	clock
	// number is its own in timers.few while it is set.
	number uint32
	owner  owner
}

// owner is told when its timer is due. The timer is not set any more then.
type owner interface{ due(r *Registrar) }

// timers orders all clocks of a registrar by time. One that is set to a later time
// stays in its place until that comes up: most are put off again and again, and
// that costs nothing here.
type timers struct {
	// heap holds no pointers: with a million turns in it, the garbage collector has
	// nothing to look at.
	heap  []turn
	order uint32
	// exact: the first turn is one whose clock was not put off.
	exact bool
	// epoch is a time that the driver gave. It keeps the reading of the monotonic
	// clock, which steps of the wall clock do not touch.
	epoch time.Time
	// elements have a clock each; few are all other timers that are set.
	elements *index.Slab[element]
	few      index.Slab[*timer]
}

// whose names the owner of a clock: an element's record by its number, or any other
// timer by its number and ofFew.
type whose uint32

const ofFew whose = 1 << 31

// turn is when to look at a clock: at its time, or before if it was put off since.
type turn struct {
	at    time.Duration
	order uint32
	whose whose
}

// before tells which of two turns comes first. The order of those at the same time
// may have begun anew with 0 between them, after four billion.
func (a turn) before(b turn) bool {
	return a.at < b.at || a.at == b.at && int32(a.order-b.order) < 0 //nolint:gosec // it wraps
}

// mark gives a time as one since the epoch, which is the first time that is asked for.
func (t *timers) mark(at time.Time) time.Duration {
	if t.epoch.IsZero() {
		t.epoch = at
	}
	return at.Sub(t.epoch)
}

// set sets the timer to fire at the given time, anew if it was set.
func (t *timers) set(x *timer, at time.Time) {
	if x.place == 0 {
		x.number = t.few.Take()
		*t.few.At(x.number) = x
	}
	t.wind(&x.clock, ofFew|whose(x.number), at)
}

// stop makes the timer not fire, if it was set.
func (t *timers) stop(x *timer) {
	if x.place != 0 {
		t.halt(&x.clock)
		t.few.Give(x.number)
	}
}

// wind sets a clock to go off at the given time, anew if it was set.
func (t *timers) wind(c *clock, w whose, at time.Time) {
	t.order++
	c.at, c.order = t.mark(at), t.order
	next := turn{c.at, c.order, w}
	switch {
	case c.place == 0:
		t.heap = append(t.heap, next)
		t.up(len(t.heap)-1, next)
	case c.at < t.heap[c.place-1].at:
		t.up(int(c.place-1), next)
	case c.place == 1:
		t.exact = false
	}
}

// halt makes a clock not go off, if it was set.
func (t *timers) halt(c *clock) {
	if c.place == 0 {
		return
	}
	i, last := int(c.place-1), len(t.heap)-1
	moved := t.heap[last]
	t.heap = t.heap[:last]
	c.place = 0
	switch {
	case i == last:
	case i > 0 && moved.before(t.heap[(i-1)/2]):
		t.up(i, moved)
	default:
		t.down(i, moved)
	}
}

// clear stops all clocks.
func (t *timers) clear() {
	for _, x := range t.heap {
		t.clock(x.whose).place = 0
	}
	t.heap, t.few = nil, index.Slab[*timer]{}
}

// clock is that of an owner.
func (t *timers) clock(w whose) *clock {
	if w&ofFew != 0 {
		return &(*t.few.At(uint32(w &^ ofFew))).clock
	}
	return &t.elements.At(uint32(w)).clock
}

// first is the owner of the earliest clock, 0 if none is set. Those that were put
// off are queued anew on the way to it.
func (t *timers) first() whose {
	for len(t.heap) > 0 {
		top := t.heap[0]
		if t.exact {
			return top.whose
		}
		c := t.clock(top.whose)
		if c.at == top.at && c.order == top.order {
			t.exact = true
			return top.whose
		}
		t.down(0, turn{c.at, c.order, top.whose})
	}
	return 0
}

// next gives the earliest time.
func (t *timers) next() (time.Time, bool) {
	if t.first() == 0 {
		return time.Time{}, false
	}
	return t.epoch.Add(t.heap[0].at), true
}

// pop takes out the earliest clock that is due at now: it gives the timer that it is
// part of, or the record of an element, both nil if none is.
func (t *timers) pop(now time.Time) (*timer, *element) {
	due := now.Sub(t.epoch)
	if len(t.heap) == 0 || t.heap[0].at > due { // mostly
		return nil, nil
	}
	w := t.first()
	if t.heap[0].at > due {
		return nil, nil
	}
	if w&ofFew != 0 {
		x := *t.few.At(uint32(w &^ ofFew))
		t.stop(x)
		return x, nil
	}
	el := t.elements.At(uint32(w))
	t.halt(&el.clock)
	return nil, el
}

// up puts x, for which there is room at i, where its parent is not after it.
func (t *timers) up(i int, x turn) {
	for i > 0 {
		parent := (i - 1) / 2
		if !x.before(t.heap[parent]) {
			break
		}
		t.put(i, t.heap[parent])
		i = parent
	}
	t.put(i, x)
}

// down puts x, for which there is room at i, where no child is before it.
func (t *timers) down(i int, x turn) {
	for {
		child := 2*i + 1
		if child >= len(t.heap) {
			break
		}
		if other := child + 1; other < len(t.heap) && t.heap[other].before(t.heap[child]) {
			child = other
		}
		if !t.heap[child].before(x) {
			break
		}
		t.put(i, t.heap[child])
		i = child
	}
	t.put(i, x)
}

func (t *timers) put(i int, x turn) {
	t.heap[i] = x
	t.clock(x.whose).place = uint32(i) + 1 //nolint:gosec // fewer than numbers of records
	t.exact = t.exact && i > 0
}
