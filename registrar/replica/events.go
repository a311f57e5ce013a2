package replica

import (
	"iter"
	"slices"

	"rserpool/registrar/feed"
)

// maxEvents is how many events are kept: several screens of a page's list, and
// a bound for its memory and for a snapshot's size.
const maxEvents = 1000

// events is a ring of the latest events.
type events struct {
	list []feed.Event
	next int // where the next one goes once the ring is full
}

func (e *events) add(ev feed.Event) {
	if len(e.list) < maxEvents {
		e.list = append(e.list, ev)
		return
	}
	e.list[e.next] = ev
	e.next = (e.next + 1) % maxEvents
}

// at gives the event at an index, 0 being the oldest.
func (e *events) at(i int) feed.Event { return e.list[(e.next+i)%len(e.list)] }

// Events walks the latest events, up to 1,000, the newest first.
func (r *Replica) Events() iter.Seq[feed.Event] {
	return func(yield func(feed.Event) bool) {
		for i := range slices.Backward(r.events.list) {
			if !yield(r.events.at(i)) {
				return
			}
		}
	}
}
