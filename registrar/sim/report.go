package sim

import (
	"slices"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Report is what was seen. Times are since the beginning; 0 is never.
type Report struct {
	Seed     uint64
	Duration time.Duration
	// Registrars that run at the end, Elements that are registered then, Listed
	// how many of them the registrars list at least.
	Registrars, Elements, Listed int
	// Happenings is how many events there were.
	Happenings int
	Messages   []Messages
	Deaths     []*Death
	Users      Users
	// FalseDeaths counts how often a registrar took another one for dead that
	// lived, FalseTakeovers the TAKEOVER_SERVERs about such.
	FalseDeaths, FalseTakeovers int
	// Lost counts how often a registrar took an element out of its handlespace that had
	// registered and lived.
	Lost int
	// Misjudged counts those of them that were taken for unreachable.
	Misjudged int
	// Guarded counts how often a registrar took the silence of its elements for an outage
	// of its own network.
	Guarded int
}

// Users is what pool users have seen.
type Users struct {
	// Sessions is how many they have opened, Failovers how often one of them went on
	// with another element, Failed how many ended for want of one.
	Sessions, Failovers, Failed int
	// Longest is the longest time that a user was without an element: from the death
	// of one to the session with the next.
	Longest time.Duration
	// Messages is how many messages to a pool were answered, Echoes how many
	// elements were handed the state of a session.
	Messages, Echoes int
}

// Messages counts what was sent of one type.
type Messages struct {
	Protocol registrar.Protocol
	// Type is the name of the RFC, without ENRP_ or ASAP_.
	Type         string
	Count, Bytes int
}

// Death is the end of a registrar, and what became of its elements.
type Death struct {
	At time.Duration
	// Registrar is its number, from 1; Server its ID.
	Registrar int
	Server    wire.ServerID
	// Elements is how many it was the home of.
	Elements int
	// LastHeard is when the last message of it was read, Suspected when the first
	// registrar missed it, Declared when the first took it for dead, Initiated when
	// the first ENRP_INIT_TAKEOVER was sent, Won when the first
	// ENRP_TAKEOVER_SERVER was.
	LastHeard, Suspected, Declared, Initiated, Won time.Duration
	// Winners sent an ENRP_TAKEOVER_SERVER, the first one first.
	Winners []wire.ServerID
	// Adopted counts where elements of the dead one got a home: one that registers
	// elsewhere during the takeover counts twice. AdoptedAt is when the last copy of
	// any was changed or removed.
	Adopted   int
	AdoptedAt time.Duration
}

// left: a registrar lists one element less under the dead one; adopted: it is its
// home now.
func (d *Death) left(now time.Duration, adopted bool) {
	d.AdoptedAt = now
	if adopted {
		d.Adopted++
	}
}

func (d *Death) wonBy(id wire.ServerID) {
	if !slices.Contains(d.Winners, id) {
		d.Winners = append(d.Winners, id)
	}
}

// tally counts messages by protocol and type.
type tally [2][16]Messages

// count notes a message that is sent.
func (s *Scope) count(from *end, data []byte) {
	p := from.link.pair.protocol
	t := data[0] & 15
	c := &s.tally[p][t]
	c.Count++
	c.Bytes += len(data)
	if p == registrar.ENRP {
		switch enrp.MessageType(t) {
		case enrp.TypeInitTakeover, enrp.TypeTakeoverServer:
			s.takeover(data)
		default:
		}
	} else if asap.MessageType(t) == asap.TypeEndpointUnreachable {
		s.unreachable(from.host, data)
	}
	s.sayMessage(from, data)
}

// list gives the types that there were, ENRP first.
func (t *tally) list() []Messages {
	var list []Messages
	for _, p := range []registrar.Protocol{registrar.ENRP, registrar.ASAP} {
		for i, m := range t[p] {
			if m.Count == 0 {
				continue
			}
			m.Protocol, m.Type = p, asap.MessageType(i).String() //nolint:gosec // below 16
			if p == registrar.ENRP {
				m.Type = enrp.MessageType(i).String() //nolint:gosec // below 16
			}
			list = append(list, m)
		}
	}
	return list
}

// dies records the end of a registrar.
func (s *Scope) dies(h *host) {
	m := h.member
	d := &Death{At: s.now, Registrar: m.index + 1, Server: m.id, LastHeard: h.heard}
	alive := s.alive()
	for n, c := range m.copies {
		if c.home != m.id {
			continue
		}
		d.Elements++
		if !slices.ContainsFunc(alive, func(o *host) bool { return o.member.copy(n).home != 0 }) {
			s.elements[n].dropped, s.elements[n].moved = true, true // nobody else has heard of it
		}
	}
	s.lives[m.id].death = d
	s.report.Deaths = append(s.report.Deaths, d)
}

// interval is the time between two registrations of an element.
func (s *Scope) interval() time.Duration {
	if s.cfg.Reregister > 0 {
		return s.cfg.Reregister
	}
	return min(10*time.Minute, time.Duration(s.cfg.Life)*time.Second/2)
}

// conclude fills in the rest of the report.
func (s *Scope) conclude() {
	r := &s.report
	r.Seed, r.Duration, r.Messages = s.cfg.Seed, s.now, s.tally.list()
	alive := s.alive()
	r.Registrars = len(alive)
	for n := range s.elements {
		if s.elements[n].state == registered {
			r.Elements++
		}
	}
	r.Listed = len(s.elements)
	for _, h := range alive {
		listed := 0
		for _, c := range h.member.copies {
			if c.home != 0 {
				listed++
			}
		}
		r.Listed = min(r.Listed, listed)
	}
	if len(alive) == 0 {
		r.Listed = 0
	}
}
