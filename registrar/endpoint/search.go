package endpoint

import (
	"net/netip"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// search is one round of looking for an element of a pool that can be reached.
// It takes each element at most once, and asks the server once for new ones
// when it has taken all (RFC 5352 section 6.5.5).
type search struct {
	tried map[wire.PEIdentifier]struct{}
	// avoid is the element that was lost, 0 for none: it may have lost no more than
	// its connections, so it is a last resort.
	avoid    wire.PEIdentifier
	failures []ElementFailure
	// asked: the server was asked for new ones.
	asked bool
}

func (s *search) has(id wire.PEIdentifier) bool {
	_, ok := s.tried[id]
	return ok
}

// failed takes an element out of the round.
func (s *search) failed(id wire.PEIdentifier, reason string) {
	if s.tried == nil {
		s.tried = make(map[wire.PEIdentifier]struct{})
	}
	s.tried[id] = struct{}{}
	s.failures = append(s.failures, ElementFailure{Element: id, Reason: reason})
}

// goneAfter is how many elements of a host must have failed in a round for those of other
// hosts to come first: a host may have more elements than anybody has time to try.
const goneAfter = 2

// gone says of an element whether its host seems to be gone, or the one program that all
// of that host's elements are.
func (s *search) gone(c *cached) func(wire.PoolElement) bool {
	failed := make(map[netip.Addr]int)
	for _, pe := range c.elements {
		if s.has(pe.ID) || pe.ID == s.avoid {
			failed[host(pe)]++
		}
	}
	return func(pe wire.PoolElement) bool { return failed[host(pe)] >= goneAfter }
}

// host is where an element serves, by its first address.
func host(pe wire.PoolElement) netip.Addr {
	if len(pe.UserTransport.Addresses) == 0 {
		return netip.Addr{}
	}
	return pe.UserTransport.Addresses[0]
}

// choose is the element to try now: one of those that order names, best first,
// else one by the pool's policy, those on a host that is gone behind the others. Those
// that failed a moment ago, perhaps for somebody else, are the last resort, after the
// server was asked.
func (e *Endpoint) choose(s *search, c *cached, order []wire.PEIdentifier) (wire.PoolElement, bool) {
	bad := func(id wire.PEIdentifier) bool { return id == s.avoid || c.hasFailed(e.now, e.cfg.StaleTimeout, id) }
	for _, id := range order {
		if pe, ok := c.element(id); ok && !s.has(id) && !bad(id) {
			return pe, true
		}
	}
	gone := s.gone(c)
	for range c.choice.Left() { // shared, so that those who leave one element spread
		if pe, ok := c.next(e.cfg.Rand); ok && !s.has(pe.ID) && pe.ID != s.avoid && !gone(pe) {
			return pe, true
		}
	}
	var left, behind, last []wire.PoolElement
	for _, pe := range c.elements {
		switch {
		case s.has(pe.ID):
		case bad(pe.ID):
			last = append(last, pe)
		case gone(pe):
			behind = append(behind, pe)
		default:
			left = append(left, pe)
		}
	}
	if len(left) == 0 {
		left = behind
	}
	if len(left) == 0 && s.asked {
		left = last
	}
	choice := policy.NewChoice(c.policy.Type, left)
	i, ok := choice.Next(e.cfg.Rand)
	if !ok {
		return wire.PoolElement{}, false
	}
	return left[i], true
}

// failure is why the round has ended: the elements' reasons, else that of the
// resolution.
func (s *search) failure(handle wire.PoolHandle, err error) error {
	if err != nil && len(s.failures) == 0 {
		return err
	}
	return &NoElementError{Handle: handle, Failures: s.failures}
}
