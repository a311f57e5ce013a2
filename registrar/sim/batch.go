package sim

import (
	"cmp"
	"slices"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/endpoint"
)

// batch is what happens to machines before any of it can matter to another one,
// for no message takes less than Config.Latency. So they are stepped each by
// itself, in parts, and what they want is done afterwards in the order of time.
type batch struct {
	// messages are messages and wakes, in order.
	messages []deed
	hosts    []*host
	// ticks are what machines did at their deadlines, by part and then of all.
	parts [][]deed
	ticks []deed
	// until is the end, which is not in it.
	until time.Duration
}

// deed is one step of a machine, and what it wants.
type deed struct {
	happening
	registrar []registrar.Effect
	endpoint  []endpoint.Effect
}

const (
	// worthParts is how many messages are worth the work in parts.
	worthParts = 16
	// maxTicks is how often a machine is stepped at its deadlines in a batch; if it
	// wants more, it is called again.
	maxTicks = 1000
)

// gather takes the next happenings from the queue that can be done together, and
// reports whether there are any.
func (s *Scope) gather(end time.Duration) bool {
	b := &s.batch
	b.messages = b.messages[:0]
	b.until = min(s.queue.first().at+max(s.cfg.Latency, 1), end+1)
	for !s.queue.empty() {
		x := s.queue.first()
		if x.at >= b.until {
			break
		}
		if !s.free(x) {
			b.until = x.at
			break
		}
		b.messages = append(b.messages, deed{happening: s.queue.pop()})
	}
	return len(b.messages) > 0
}

// free reports whether a happening concerns one machine alone.
func (s *Scope) free(x *happening) bool {
	switch x.kind {
	case message:
		// Where nothing has ended since it was sent, its association has not.
		return !s.split && !x.host.isolated && !x.from.isolated && !x.host.frozen && (x.life == s.closings || x.end.open && !x.end.link.dead)
	case wake:
		return x.host.running && x.host.life == x.life && !x.host.frozen
	default:
		return false
	}
}

// together does what was gathered.
func (s *Scope) together() {
	b := &s.batch
	s.now = b.messages[0].at
	b.hosts = b.hosts[:0]
	for i := range b.messages {
		h := b.messages[i].host
		if len(h.turns) == 0 {
			b.hosts = append(b.hosts, h)
		}
		h.turns = append(h.turns, i)
	}
	parts := 1
	if s.cfg.Each != nil && s.cfg.Parts > 1 && len(b.messages) >= worthParts*s.cfg.Parts {
		parts = s.cfg.Parts
	}
	for len(b.parts) < parts {
		b.parts = append(b.parts, nil)
	}
	if parts == 1 {
		s.stepPart(0, 1)
	} else {
		s.cfg.Each(parts, func(i int) { s.stepPart(i, parts) })
	}
	b.ticks = b.ticks[:0]
	for i := range parts {
		b.ticks = append(b.ticks, b.parts[i]...)
	}
	slices.SortStableFunc(b.ticks, func(x, y deed) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.host.number, y.host.number))
	})
	s.performAll()
	for _, h := range b.hosts {
		h.turns = h.turns[:0]
		s.rearm(h)
	}
}

// stepPart steps the machines of one part, which are no other part's affair.
func (s *Scope) stepPart(part, parts int) {
	b := &s.batch
	ticks := b.parts[part][:0]
	for i := part; i < len(b.hosts); i += parts {
		h := b.hosts[i]
		latest := s.now
		for _, n := range h.turns {
			d := &b.messages[n]
			ticks = h.ticks(ticks, latest, d.at)
			latest = d.at
			switch {
			case d.kind == wake:
				h.waking = h.waking && h.woken != d.at
			case h.member != nil:
				d.registrar = h.member.step(h.clock(d.at), registrar.Received{Association: registrar.AssociationID(d.number), Data: d.data})
				h.look()
			default:
				d.endpoint = h.carrier.core.Step(h.clock(d.at), received(d.end, d.data))
				h.look()
			}
		}
		ticks = h.ticks(ticks, latest, b.until-1)
	}
	b.parts[part] = ticks
}

// ticks gives a machine the Ticks that it asks for up to a time.
func (h *host) ticks(list []deed, from, to time.Duration) []deed {
	for range maxTicks {
		now := max(h.due, from)
		if now > to {
			break
		}
		d := deed{happening: happening{at: now, kind: wake, host: h}}
		if h.member != nil {
			d.registrar = h.member.step(h.clock(now), registrar.Tick{})
		} else {
			d.endpoint = h.carrier.core.Step(h.clock(now), endpoint.Tick{})
		}
		h.look()
		list = append(list, d)
		from = now
	}
	return list
}

// performAll does what the machines want, in the order of time.
func (s *Scope) performAll() {
	b := &s.batch
	ticks := b.ticks
	for i := range b.messages {
		d := &b.messages[i]
		for len(ticks) > 0 && ticks[0].at <= d.at {
			s.perform(&ticks[0])
			ticks = ticks[1:]
		}
		s.perform(d)
	}
	for i := range ticks {
		s.perform(&ticks[i])
	}
	clear(b.messages)
	clear(b.ticks)
}

func (s *Scope) perform(d *deed) {
	s.now = d.at
	s.report.Happenings++
	if d.host.member == nil {
		if d.kind == message {
			s.controlArrived(d.end, d.data)
		}
		s.performCarrier(d.host, d.endpoint)
		return
	}
	if d.kind == message && d.from.member != nil {
		s.overheard(d.from)
	}
	s.performRegistrar(d.host, d.registrar)
}
