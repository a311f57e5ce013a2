package sim

import (
	"errors"
	"maps"
	"slices"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// checkUsers: a user sees the pool that it watches as it is, has its session with an
// element that lives, and an answer to all it has asked.
func (s *Scope) checkUsers(c *complaints, alive []*host) {
	for _, h := range s.users {
		u := h.carrier.user
		if !h.running {
			continue
		}
		s.checkAnswered(c, h)
		if list, at := s.listed(alive[0], u.pool); s.now-at > news {
			s.checkSession(c, h, list)
		}
		want, at := s.listed(alive[0], u.watched)
		if s.now-at <= news {
			continue
		}
		if !u.seen.told || !slices.Equal(u.seen.elements, want) || len(want) > 0 && u.seen.err != nil || len(want) == 0 && !unknown(u.seen.err) {
			c.add("%s sees %s with %d (told %v, %v), want %d", h.name(), handle(u.watched), u.seen.elements, u.seen.told, u.seen.err, want)
		}
	}
}

// checkAnswered: what a user asked a while ago has been answered.
func (s *Scope) checkAnswered(c *complaints, h *host) {
	u := h.carrier.user
	for _, id := range slices.Sorted(maps.Keys(u.requests)) {
		if q := u.requests[id]; s.now-q.at > calm {
			c.add("%s has no answer to resolution %d of %s at %v", h.name(), id, handle(q.pool), q.at)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(u.messages)) {
		if m := u.messages[id]; s.now-m.at > calm {
			c.add("%s was never told what became of message %d to %s at %v", h.name(), id, handle(m.pool), m.at)
		}
	}
}

// listed are the elements of a pool as a registrar has them, and when one was added
// or removed.
func (s *Scope) listed(h *host, pool int) (list []wire.PEIdentifier, at time.Duration) {
	for n := range s.elements {
		e := &s.elements[n]
		if e.pool != pool {
			continue
		}
		at = max(at, e.listed)
		if h.member.copy(n).home != 0 {
			list = append(list, wire.PEIdentifier(n+1)) //nolint:gosec // bounded by Config
		}
	}
	return list, at
}

// unknown reports whether the answer was that there is no such pool.
func unknown(err error) bool {
	refused, ok := errors.AsType[*endpoint.RefusedError](err)
	return ok && refused.Has(wire.CauseUnknownPoolHandle)
}

// checkSession: what is not listed any more may serve those who have it.
func (s *Scope) checkSession(c *complaints, h *host, listed []wire.PEIdentifier) {
	u := h.carrier.user
	switch {
	case u.session != nil && u.session.channel != nil:
		n := u.session.channel.link.channel.element
		if e := &s.elements[n]; e.state == gone || e.pool != u.pool || !u.session.channel.open {
			c.add("%s has its session with %s, which is gone", h.name(), s.elementName(n))
		}
	case len(listed) > 0:
		c.add("%s has no session, and its pool %s has %d", h.name(), handle(u.pool), listed)
	}
}

// unreachable: an element is reported by who has used it, and once.
func (s *Scope) unreachable(h *host, data []byte) {
	d, err := asap.Parse(data)
	m, ok := d.Message.(asap.EndpointUnreachable)
	if err != nil || !ok {
		s.wrong(h, "sends a report that cannot be read: %v", err)
		return
	}
	u := h.carrier.user
	if u == nil || !u.used[m.ID] {
		s.wrong(h, "reports %s/%d as unreachable, and has not used it since it last did", m.Handle, uint32(m.ID))
		return
	}
	delete(u.used, m.ID)
}
