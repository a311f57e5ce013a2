package web

import "rserpool/registrar/feed"

// history are the latest events, a ring once it is full.
type history struct {
	most int // is how many are kept
	list []feed.Event
	next int    // where the next one goes then
	last uint64 // the number of the latest
}

// add numbers an event and keeps it. The oldest one goes where there are too many.
func (h *history) add(e feed.Event) (_ feed.Event, dropped uint64) {
	h.last++
	e.Number = h.last
	if len(h.list) < h.most {
		h.list = append(h.list, e)
		return e, 0
	}
	h.list[h.next] = e
	h.next = (h.next + 1) % h.most
	return e, 1
}

// since gives the events behind a number, the oldest first. A number that has not
// come yet is of another life of the registrar: then everything is new.
func (h *history) since(number uint64) []feed.Event {
	if number > h.last {
		number = 0
	}
	list := make([]feed.Event, 0, min(uint64(len(h.list)), h.last-number))
	for i := range h.list {
		if e := h.list[(h.next+i)%len(h.list)]; e.Number > number {
			list = append(list, e)
		}
	}
	return list
}
