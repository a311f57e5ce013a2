package replica

import (
	"iter"
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// holds are those in force and those that are over, in the order of the feed. There
// are a few: the registrar bounds them, and forgets old ones.
type holds struct {
	list      []feed.Hold
	protected map[wire.PoolHandle]struct{}
}

func (h *holds) at(maker wire.ServerID, id enrp.HoldID) int {
	return slices.IndexFunc(h.list, func(m feed.Hold) bool { return m.Maker == maker && m.ID == id })
}

func (r *Replica) applyHold(m feed.Hold) {
	r.dirty.holds = true
	switch i := r.holds.at(m.Maker, m.ID); {
	case m.State == feed.ForgottenHold:
		if i >= 0 {
			r.holds.list = cut(r.holds.list, i)
		}
	case i >= 0:
		r.holds.list[i] = m
	default:
		r.holds.list = append(r.holds.list, m)
	}
}

func (r *Replica) applyProtected(m feed.Protected) {
	if m.Handle == "" {
		r.holds.protected, r.dirty = nil, dirty{all: true}
		return
	}
	if r.holds.protected == nil {
		r.holds.protected = map[wire.PoolHandle]struct{}{}
	}
	r.holds.protected[m.Handle] = struct{}{}
	r.dirty.pool(m.Handle)
}

// Holds walks the elements that operators refuse, and have refused, the oldest
// first.
func (r *Replica) Holds() iter.Seq[feed.Hold] { return slices.Values(r.holds.list) }

// Hold finds one.
func (r *Replica) Hold(maker wire.ServerID, id enrp.HoldID) (feed.Hold, bool) {
	if i := r.holds.at(maker, id); i >= 0 {
		return r.holds.list[i], true
	}
	return feed.Hold{}, false
}

// Protected reports whether elements of the pool are deregistered only if that is
// confirmed.
func (r *Replica) Protected(h wire.PoolHandle) bool {
	_, ok := r.holds.protected[h]
	return ok
}

func (r *Replica) addHolds(s *frames) {
	for _, m := range r.holds.list {
		s.add(m)
	}
	handles := make([]wire.PoolHandle, 0, len(r.holds.protected))
	for h := range r.holds.protected {
		handles = append(handles, h)
	}
	slices.Sort(handles)
	for _, h := range handles {
		s.add(feed.Protected{Handle: h})
	}
}
