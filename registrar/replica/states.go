package replica

import (
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/index"
)

// states holds what the registrar has told of elements that are in the handlespace,
// by their numbers there.
type states struct {
	told index.Slab[told]
	// known is of how many it has.
	known int
}

// told is a feed.ElementState without its element: 16 bytes and no pointers, and so
// no work for the collector of garbage.
type told struct {
	expires feed.Time
	reports uint16
	health  feed.Health
	known   bool
}

// of gives what the registrar has told of an element.
func (s *states) of(e handlespace.Entry) (m feed.ElementState, known bool) {
	m = feed.ElementState{Handle: e.Handle(), ID: e.ID()}
	if uint64(e.Number()) > s.told.Room() {
		return m, false
	}
	t := s.told.At(e.Number())
	m.Expires, m.Health, m.Reports = t.expires, t.health, t.reports
	return m, t.known
}

// set keeps what is told of an element, and gives the health that it had.
func (s *states) set(e handlespace.Entry, m feed.ElementState) (was feed.Health) {
	s.told.Grow(e.Number())
	t := s.told.At(e.Number())
	if was = t.health; !t.known {
		s.known++
	}
	*t = told{m.Expires, m.Reports, m.Health, true}
	return was
}

// forget is for an element that goes.
func (s *states) forget(e handlespace.Entry) (was feed.Health) {
	if uint64(e.Number()) > s.told.Room() {
		return 0
	}
	t := s.told.At(e.Number())
	if was = t.health; t.known {
		s.known--
	}
	*t = told{}
	return was
}
