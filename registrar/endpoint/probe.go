package endpoint

import "rserpool/registrar/wire"

// probe finds out whether an element lives that has ended a channel in good order,
// by trying to open another one and asking for its pool. If it does, it has ended
// the session: it has said all, as daytime does, or wants no more. If not, it is
// replaced; for a system also ends the connections of a killed process so, and who
// is about to stop has left the pool before. Reported without a look, an element
// would be removed after a few users (MAX-BAD-PE-REPORT), however well it is.
type probe struct {
	member member
	// accepted: it took a channel, and did not drop it. listed: its pool has it, as
	// far as is known.
	accepted, listed bool
	to               wire.Transport
	channel          *channel
	// grace is the time in which it could drop the channel. One that ends it in good
	// order is looked at again when that is over.
	grace timer
	again bool
	// sessions wait for the outcome, until limit at most.
	sessions []SessionID
	limit    timer
}

// patience is how long a session waits for the outcome of a probe: also where
// nothing answers, its user is to have another element in about a second.
const patience = settled / 2

// graceTime is how long a channel must last to prove something: a system completes
// connections for a process that is just dying, and a program that stops may end
// its connections before it takes no more.
const graceTime = settled / 10

// doubt begins a probe of an element, or joins one that is under way.
func (e *Endpoint) doubt(handle wire.PoolHandle, pe wire.PoolElement, sessions ...SessionID) {
	m := member{handle, pe.ID}
	p, doubted := e.peers.probes[m]
	if !doubted {
		p = &probe{member: m, to: pe.UserTransport}
		p.limit.fire = func() { e.probed(p, p.accepted) }
		p.grace.fire = func() { p.graceOver(e) }
		e.peers.probes[m] = p
		e.connect(p, handle, pe.ID, p.to)
	}
	if len(sessions) == 0 {
		return
	}
	p.sessions = append(p.sessions, sessions...)
	if p.limit.running() {
		return
	}
	e.timers.start(&p.limit, e.now.Add(patience))
	e.refresh(handle, func(c *cached, err error) {
		switch {
		case !p.limit.running(): // it has an outcome
		case err == nil && c.index(m.id) < 0 && covers(c.items, uint32(len(c.elements)+1)):
			e.probed(p, false)
		default:
			p.listed = true
			e.judge(p)
		}
	})
}

// judge ends the sessions of an element that is known to live.
func (e *Endpoint) judge(p *probe) {
	if p.accepted && p.listed {
		e.probed(p, true)
	}
}

// probed is the outcome for the sessions that wait: their end, or another element.
func (e *Endpoint) probed(p *probe, lives bool) {
	e.timers.stop(&p.limit)
	if p.accepted {
		delete(e.peers.probes, p.member)
	}
	sessions := p.sessions
	p.sessions = nil
	for _, id := range sessions {
		s, ok := e.peers.sessions[id]
		switch {
		case !ok || s.phase != doubting || s.from != p.member.id:
		case lives:
			e.failSession(s, ErrEnded)
		default:
			e.next(s)
		}
	}
}

func (p *probe) up(e *Endpoint, c *channel) {
	p.channel = c
	e.timers.start(&p.grace, e.now.Add(graceTime))
}

func (p *probe) graceOver(e *Endpoint) {
	if p.channel == nil {
		e.connect(p, p.member.handle, p.member.id, p.to)
		return
	}
	e.accepted(p)
}

// accepted: the element has the channel still, or has said all twice.
func (e *Endpoint) accepted(p *probe) {
	p.accepted = true
	if p.channel != nil {
		e.closeChannel(p.channel)
	}
	if !p.limit.running() { // nobody waits
		delete(e.peers.probes, p.member)
	}
	e.judge(p)
}

func (p *probe) down(e *Endpoint, ev ChannelDown) {
	p.channel = nil
	switch {
	case ev.Orderly && !p.again: // grace runs
		p.again = true
	case ev.Orderly:
		e.timers.stop(&p.grace)
		e.accepted(p)
	default:
		e.timers.stop(&p.grace)
		p.refused(e, ConnectFailed{Reason: ev.Reason})
	}
}

func (p *probe) refused(e *Endpoint, ev ConnectFailed) {
	delete(e.peers.probes, p.member)
	e.unconnected(p.member, ev)
	e.probed(p, false)
}
