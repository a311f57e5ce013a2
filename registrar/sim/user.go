package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// user is an application that uses pools: it has a session with one and watches
// it, and now and then sends a message to a pool or resolves it.
type user struct {
	index int
	// watched is the pool that it watches, pool the one that it has its session with.
	// session is nil until the next one is opened.
	watched, pool int
	session       *session
	seen          seen
	// round is since when it looks for an element for its session.
	round time.Duration
	// without is since when it has been without an element, 0 while it has one.
	without time.Duration
	// last is the latest identifier that it has given to anything.
	last     uint64
	messages map[endpoint.MessageID]*letter
	requests map[endpoint.RequestID]*question
	connects map[endpoint.ConnectID]*link
	// channels counts those that it has, by element.
	channels map[int]int
	// used are the elements whose failure is worth a report.
	used map[wire.PEIdentifier]bool
}

// seen is what a user was last told of the pool that it watches.
type seen struct {
	told     bool
	elements []wire.PEIdentifier
	err      error
}

// question is a question to a pool that has not been answered.
type question struct {
	pool int
	at   time.Duration
}

// letter is a message to a pool that has not been answered; reached are those
// whose transport took it.
type letter struct {
	question
	reached []wire.PEIdentifier
}

// What a user does next, as the number of an act.
const (
	openSession = iota
	anything
)

const (
	// leisure is the longest time between two acts of a user.
	leisure = 20 * time.Second
	// calm is how long after the last fault, or after the start, every element that
	// is listed can be reached, and every registrar lists all.
	calm = 5 * time.Minute
	// news is how long after a change of a pool all users have heard of it: those who
	// ask for it again do so whenever their cache is stale.
	news = time.Minute
	// maxWrong is how many things are told of that users found wrong.
	maxWrong = 20
)

// wrong notes what must not be.
func (s *Scope) wrong(h *host, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	s.say(h, "WRONG: "+what)
	if s.wrongs++; s.wrongs <= maxWrong {
		s.failed = append(s.failed, fmt.Errorf("sim: at %v %s %s", s.now, h.name(), what))
	}
}

func (s *Scope) beginUser(h *host) {
	u := h.carrier.user
	h.carrier.user = &user{
		index: u.index, watched: u.index % s.cfg.Pools,
		messages: make(map[endpoint.MessageID]*letter), requests: make(map[endpoint.RequestID]*question),
		connects: make(map[endpoint.ConnectID]*link), used: make(map[wire.PEIdentifier]bool),
		channels: make(map[int]int),
	}
	u = h.carrier.user
	u.pool = (u.watched + u.index%2) % s.cfg.Pools // its cache follows the pool, or does not
	s.stepCarrier(h, endpoint.Watch{Handle: handle(u.watched)})
	s.openSession(h)
	s.nextAct(h)
}

func (s *Scope) nextAct(h *host) {
	s.queue.push(happening{at: s.now + s.between(time.Second, leisure), kind: act, host: h, life: h.life, number: anything})
}

// act does what a user does next.
func (s *Scope) act(h *host, number uint64) {
	if number == openSession {
		s.openSession(h)
		return
	}
	u := h.carrier.user
	pool := s.chance.IntN(s.cfg.Pools)
	u.last++
	switch s.chance.IntN(5) {
	case 0:
		u.requests[endpoint.RequestID(u.last)] = &question{pool, s.now}
		s.stepCarrier(h, endpoint.Resolve{
			Request: endpoint.RequestID(u.last), Handle: handle(pool), Items: s.chance.Uint32N(4), Fresh: s.chance.IntN(3) == 0,
		})
	case 1:
		options := endpoint.SendFailover
		switch s.chance.IntN(8) {
		case 0:
			options |= endpoint.SendToAll
		case 1, 2:
			options |= endpoint.SendToLast
		}
		u.messages[endpoint.MessageID(u.last)] = &letter{question: question{pool, s.now}}
		s.stepCarrier(h, endpoint.SendMessage{
			Message: endpoint.MessageID(u.last), Handle: handle(pool), Options: options,
		})
	case 2: // what it has never used
		for _, id := range u.seen.elements {
			if !u.used[id] {
				s.stepCarrier(h, endpoint.TransportFailure{Handle: handle(u.watched), Element: id})
				break
			}
		}
	default: // over its session, which changes its state
		if u.session != nil && u.session.channel != nil && !u.session.channel.link.dead {
			s.toward(u.session.channel.other(), happening{kind: request})
		}
	}
	s.nextAct(h)
}

// performUser does what the endpoint of a user wants to be known.
func (s *Scope) performUser(h *host, effect endpoint.Effect) {
	u := h.carrier.user
	if u == nil {
		s.wrong(h, "has asked nothing, and is told %T", effect)
		return
	}
	switch e := effect.(type) {
	case endpoint.PoolChanged:
		if e.Handle != handle(u.watched) {
			s.wrong(h, "is told of %s, which it does not watch", e.Handle)
		}
		if errors.Is(e.Err, endpoint.ErrNoElements) { // against RFC 5352 section 2.2.6
			s.wrong(h, "is told neither elements of %s nor why there are none", e.Handle)
		}
		u.seen = seen{told: true, err: e.Err}
		for _, pe := range e.Elements {
			u.seen.elements = append(u.seen.elements, pe.ID)
		}
		slices.Sort(u.seen.elements)
		s.say(h, fmt.Sprintf("sees %s with %d %v", e.Handle, u.seen.elements, text(e.Err)))
	case endpoint.Resolved:
		s.resolved(h, e)
	case endpoint.MessageDone:
		s.messageDone(h, e)
	case endpoint.SessionUp:
		s.sessionUp(h, e)
	case endpoint.SessionDown:
		s.sessionDown(h, e)
	case endpoint.SessionFailed:
		s.sessionFailed(h, e)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (s *Scope) resolved(h *host, r endpoint.Resolved) {
	u := h.carrier.user
	q := u.requests[r.Request]
	if q == nil {
		s.wrong(h, "has the answer %v to resolution %d, which waits for none", text(r.Err), r.Request)
		return
	}
	delete(u.requests, r.Request)
	for _, pe := range r.Elements {
		u.used[pe.ID] = true
	}
	if (r.Err == nil) != (len(r.Elements) > 0) || r.Err != nil && s.served(h, q.pool, q.at) {
		s.wrong(h, "has %d elements of %s (%v)", len(r.Elements), handle(q.pool), r.Err)
	}
}

func (s *Scope) messageDone(h *host, d endpoint.MessageDone) {
	u := h.carrier.user
	m := u.messages[d.Message]
	if m == nil {
		s.wrong(h, "is told of message %d (%v), which waits for nothing", d.Message, d.Err)
		return
	}
	delete(u.messages, d.Message)
	s.report.Users.Messages++
	s.say(h, fmt.Sprintf("has sent message %d to %d %v", d.Message, d.Reached, text(d.Err)))
	slices.Sort(m.reached)
	if got := slices.Sorted(slices.Values(d.Reached)); !slices.Equal(got, m.reached) {
		s.wrong(h, "is told that message %d has reached %d, want %d", d.Message, got, m.reached)
	}
	if len(d.Reached) == 0 && (d.Err == nil || s.served(h, m.pool, m.at)) {
		s.wrong(h, "has sent message %d to %d (%v)", d.Message, d.Reached, d.Err)
	}
}
