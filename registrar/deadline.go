package registrar

import (
	"container/heap"
	"time"
)

// timer is one thing to be done at a time. It is part of its owner, so that a
// million elements need no million callbacks.
type timer struct {
	at time.Time
	// order makes timers of the same time fire in the order they were set.
	order uint64
	// place is the index in the heap plus 1, 0 while not set.
	place int
	owner owner
}

// owner is told when its timer is due. The timer is not set any more then.
type owner interface{ due(r *Registrar) }

// timers orders all timers of a registrar by time.
type timers struct {
	heap  timerHeap
	order uint64
}

// set sets the timer to fire at the given time, anew if it was set.
func (t *timers) set(x *timer, at time.Time) {
	t.order++
	x.at, x.order = at, t.order
	if x.place == 0 {
		heap.Push(&t.heap, x)
		return
	}
	heap.Fix(&t.heap, x.place-1)
}

// stop makes the timer not fire, if it was set.
func (t *timers) stop(x *timer) {
	if x.place != 0 {
		heap.Remove(&t.heap, x.place-1)
	}
}

// clear stops all timers.
func (t *timers) clear() {
	for _, x := range t.heap {
		x.place = 0
	}
	t.heap = nil
}

// next gives the earliest time.
func (t *timers) next() (time.Time, bool) {
	if len(t.heap) == 0 {
		return time.Time{}, false
	}
	return t.heap[0].at, true
}

// pop takes out the earliest timer that is due at now, nil if none is.
func (t *timers) pop(now time.Time) *timer {
	if len(t.heap) == 0 || t.heap[0].at.After(now) {
		return nil
	}
	return heap.Pop(&t.heap).(*timer) //nolint:forcetypeassert // it holds nothing else
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *timerHeap) Push(x any) {
	t := x.(*timer) //nolint:forcetypeassert // see pop
	*h = append(*h, t)
	t.place = len(*h)
}

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place = 0
	return t
}
