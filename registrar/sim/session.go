package sim

import (
	"cmp"
	"fmt"
	"time"

	"rserpool/registrar/endpoint"
)

// session is one session of a user, and what its endpoint says of it.
type session struct {
	id endpoint.SessionID
	// channel is the user's end of that which it uses, nil while there is none; up
	// is since when.
	channel *end
	up      time.Duration
	// cookie is the latest one that came.
	cookie string
}

// shortest is how long a session must have been up for the search of the next
// element to be a new one.
const shortest = time.Second

func (s *Scope) openSession(h *host) {
	u := h.carrier.user
	u.last++
	u.round = s.now
	u.session = &session{id: endpoint.SessionID(u.last)}
	s.report.Users.Sessions++
	s.stepCarrier(h, endpoint.OpenSession{Session: u.session.id, Handle: handle(u.pool)})
}

func (s *Scope) sessionUp(h *host, up endpoint.SessionUp) {
	u := h.carrier.user
	x, e := u.session, s.channelEnd(h, up.Channel)
	if e == nil {
		return
	}
	c := e.link.channel
	s.say(h, fmt.Sprintf("has its session with %s, before with %d %s", s.elementName(c.element), uint32(up.From), up.Reason))
	switch {
	case x == nil || x.id != up.Session:
		s.wrong(h, "is told of session %d, which it does not have", up.Session)
		return
	case x.channel != nil:
		s.wrong(h, "has its session with %s and with %s", s.elementName(c.element), s.elementName(x.channel.link.channel.element))
	case int(up.Element.ID) != c.element+1:
		s.wrong(h, "has its session with %d over a channel to %s", uint32(up.Element.ID), s.elementName(c.element))
	case c.control && c.echo != x.cookie:
		s.wrong(h, "goes on with %s after the echo %q, want %q", s.elementName(c.element), c.echo, x.cookie)
	}
	x.channel, x.up, c.session = e, s.now, x
	if up.From != 0 {
		s.report.Users.Failovers++
	}
	if u.without != 0 {
		s.report.Users.Longest = max(s.report.Users.Longest, s.now-u.without)
		u.without = 0
	}
}

func (s *Scope) sessionDown(h *host, down endpoint.SessionDown) {
	u := h.carrier.user
	x := u.session
	s.say(h, fmt.Sprintf("has lost %d: %s", uint32(down.Element), down.Reason))
	if x == nil || x.id != down.Session || x.channel == nil {
		s.wrong(h, "is told that session %d is down, which is not up", down.Session)
		return
	}
	n := x.channel.link.channel.element
	if int(down.Element) != n+1 {
		s.wrong(h, "has lost %d, and its session was with %s", uint32(down.Element), s.elementName(n))
	}
	if s.now-x.up >= shortest {
		u.round = s.now
	}
	u.without = s.now
	if died := s.elements[n].died; died > x.up {
		u.without = died
	}
	x.channel = nil
}

// sessionFailed: the user opens another one after a while.
func (s *Scope) sessionFailed(h *host, f endpoint.SessionFailed) {
	u := h.carrier.user
	s.say(h, fmt.Sprintf("has no session any more: %v", f.Err))
	if x := u.session; x == nil || x.id != f.Session || x.channel != nil || f.Err == nil {
		s.wrong(h, "is told that session %d has failed (%v), which it has not", f.Session, f.Err)
		return
	}
	if s.served(h, u.pool, u.round) {
		s.wrong(h, "finds no element: %v", f.Err)
	}
	u.session = nil
	u.without = cmp.Or(u.without, s.now)
	s.report.Users.Failed++
	s.queue.push(happening{at: s.now + retryWait, kind: act, host: h, life: h.life, number: openSession})
}

// served reports whether a user that looked for an element of a pool since then had
// to find one: there was one which all knew and reached, and nothing was wrong for a
// while.
func (s *Scope) served(h *host, pool int, since time.Duration) bool {
	alive := s.alive()
	if len(alive) == 0 || s.now-max(s.trouble, h.carrier.struck) <= calm {
		return false
	}
	for n := range s.elements {
		e := &s.elements[n]
		up := e.pool == pool && e.state == registered && e.host.running && !e.host.frozen && alive[0].member.copy(n).home != 0
		if up && max(e.listed, e.host.carrier.struck)+news < since {
			return true
		}
	}
	return false
}
