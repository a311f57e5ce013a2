package replica

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Walk makes a snapshot frame by frame, so that nobody has to hold all of it. The
// replica may change in between: each frame has what is so at that moment, and whoever
// gets the frames is told of the changes that Missed reports, behind the last one or
// behind Flush, and of the Checksums at the end.
type Walk struct {
	r      *Replica
	frames frames
	part   part
	// place is behind the element that was given last, handle its pool.
	place  handlespace.Position
	handle wire.PoolHandle
	// takeover is the lowest number of those to come.
	takeover uint64
}

// part is what comes next in a walk.
type part uint8

const (
	theHead part = iota
	theTable
	thePeers
	theStates
	theTakeovers
	theRest
	nothing
)

// Begin starts a walk whose frames are no longer than limit bytes unless one message
// alone is.
func (r *Replica) Begin(limit int) *Walk { return &Walk{r: r, frames: frames{limit: limit}} }

// Next gives the next frame. As long as more follows, it ends with the zero Sequence.
// The last one has no end yet: changes may follow in it. Elements that skip reports are
// left out; its reader will be told of them as changes.
func (w *Walk) Next(skip func(Ref) bool) (frame []byte, more bool) {
	for len(w.frames.done) == 0 && w.part != nothing {
		w.step(skip)
	}
	if len(w.frames.done) > 0 {
		frame = w.frames.done[0]
		w.frames.done = w.frames.done[1:]
		return frame, true
	}
	return w.frames.open, false
}

// Flush gives all that was read but not yet given: changes that are told of before the
// walk goes on must follow it. The last part has no end yet.
func (w *Walk) Flush() (parts [][]byte) {
	parts = append(w.frames.done, w.frames.open)
	w.frames.done, w.frames.open = nil, nil
	return parts
}

func (w *Walk) step(skip func(Ref) bool) {
	r, s := w.r, &w.frames
	switch w.part {
	case theHead:
		s.add(r.hello)
		r.addServers(s)
		w.part = theTable
	case theTable:
		w.along(r.addTable(s, w.place, skip))
	case thePeers:
		s.add(r.state)
		r.peers.Scan(func(_ wire.ServerID, m *feed.PeerState) bool {
			s.add(*m) // where it is stands in LIST_RESPONSE
			return true
		})
		w.part = theStates
	case theStates:
		w.along(r.addStates(s, w.place))
	case theTakeovers:
		w.addTakeover()
	default:
		for i := range r.events.list {
			s.add(r.events.at(i))
		}
		for _, c := range r.samples.list {
			s.add(c)
		}
		r.addHolds(s)
		w.part = nothing
	}
}

// along moves the place behind the last element, or to the next part.
func (w *Walk) along(last handlespace.Entry, more bool) {
	if !more {
		w.place, w.handle = handlespace.Position{}, ""
		w.part++
		return
	}
	w.place, w.handle = last.Position(), last.Handle()
}

func (w *Walk) addTakeover() {
	for _, t := range w.r.takeovers.list {
		if uint64(t.Number) >= w.takeover {
			w.takeover = uint64(t.Number) + 1
			for _, step := range t.Steps {
				w.frames.add(step)
			}
			return
		}
	}
	w.part = theRest
}

// Missed reports whether the walk does not bring a change that is made now, because
// what it is about was given before.
func (w *Walk) Missed(m feed.Message) bool {
	switch m := m.(type) {
	case enrp.HandleUpdate:
		return w.passed(m.Handle)
	case feed.ElementState:
		return w.passed(m.Handle)
	case enrp.ListResponse, feed.PeerState, feed.RegistrarState:
		return w.part > theHead // where a peer is was said there
	case feed.TakeoverStep:
		return w.part > theTakeovers || w.part == theTakeovers && uint64(m.Takeover) < w.takeover
	default:
		return w.part > theRest
	}
}

// passed reports whether elements of a pool may have been given: it, or a state of
// them, which is of no use to whoever does not have the element.
func (w *Walk) passed(handle wire.PoolHandle) bool {
	return w.part > theTable || w.part == theTable && w.place != (handlespace.Position{}) && handle <= w.handle
}
