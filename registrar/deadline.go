package registrar

import "time"

// timer is one thing to be done at a time. It is part of its owner, so that a
// million elements need no million callbacks.
type timer struct {
	// at is the time since timers.epoch.
	at time.Duration
	// order makes timers of the same time fire in the order they were set.
	order uint64
	// queued is the time of its turn; place is the index of that in the heap plus 1,
	// 0 while not set.
	queued time.Duration
	place  int
	owner  owner
}

// owner is told when its timer is due. The timer is not set any more then.
type owner interface{ due(r *Registrar) }

// timers orders all timers of a registrar by time. One that is set to a later time
// stays in its place until that comes up: most are put off again and again, and
// that costs nothing here.
type timers struct {
	heap  []turn
	order uint64
	// exact: the first turn is one whose timer was not put off.
	exact bool
	// epoch is a time that the driver gave. It keeps the reading of the monotonic
	// clock, which steps of the wall clock do not touch.
	epoch time.Time
}

// turn is when to look at a timer: at its time, or before if it was put off since.
type turn struct {
	at    time.Duration
	order uint64
	timer *timer
}

func (a turn) before(b turn) bool { return a.at < b.at || a.at == b.at && a.order < b.order }

// set sets the timer to fire at the given time, anew if it was set.
func (t *timers) set(x *timer, at time.Time) {
	if t.epoch.IsZero() {
		t.epoch = at
	}
	t.order++
	x.at, x.order = at.Sub(t.epoch), t.order
	next := turn{x.at, x.order, x}
	switch {
	case x.place == 0:
		t.heap = append(t.heap, next)
		t.up(len(t.heap)-1, next)
	case x.at < x.queued:
		t.up(x.place-1, next)
	case x.place == 1:
		t.exact = false
	}
}

// stop makes the timer not fire, if it was set.
func (t *timers) stop(x *timer) {
	if x.place == 0 {
		return
	}
	i, last := x.place-1, len(t.heap)-1
	moved := t.heap[last]
	t.heap[last] = turn{}
	t.heap = t.heap[:last]
	x.place = 0
	switch {
	case i == last:
	case i > 0 && moved.before(t.heap[(i-1)/2]):
		t.up(i, moved)
	default:
		t.down(i, moved)
	}
}

// clear stops all timers.
func (t *timers) clear() {
	for _, x := range t.heap {
		x.timer.place = 0
	}
	t.heap = nil
}

// first is the earliest timer, nil if none is set. Those that were put off are
// queued anew on the way to it.
func (t *timers) first() *timer {
	for len(t.heap) > 0 {
		top := t.heap[0]
		if t.exact || top.timer.order == top.order {
			t.exact = true
			return top.timer
		}
		t.down(0, turn{top.timer.at, top.timer.order, top.timer})
	}
	return nil
}

// next gives the earliest time.
func (t *timers) next() (time.Time, bool) {
	if t.first() == nil {
		return time.Time{}, false
	}
	return t.epoch.Add(t.heap[0].at), true
}

// pop takes out the earliest timer that is due at now, nil if none is.
func (t *timers) pop(now time.Time) *timer {
	due := now.Sub(t.epoch)
	if len(t.heap) == 0 || t.heap[0].at > due { // mostly
		return nil
	}
	x := t.first()
	if x.at > due {
		return nil
	}
	t.stop(x)
	return x
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
	x.timer.queued, x.timer.place = x.at, i+1
	t.exact = t.exact && i > 0
}
