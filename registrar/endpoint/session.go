package endpoint

import (
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// settled is how long a channel must have been up to count as a success. One
// that ends sooner belongs to the round in which it was opened: elements that
// take channels and drop them at once end a session, instead of keeping it busy.
const settled = time.Second

// sessionPhase is where a session is.
type sessionPhase uint8

const (
	// resolving: it waits for the pool's elements.
	resolving sessionPhase = iota
	// connecting: a Connect is under way.
	connecting
	// connected: it has a channel.
	connected
	// doubting: its element has ended the channel in good order, and is looked at.
	doubting
)

// session is the use of one element of a pool at a time, and of another one when
// that fails.
type session struct {
	id     SessionID
	handle wire.PoolHandle
	as     ElementID
	phase  sessionPhase
	search search
	// question is the one it waits for while resolving.
	question uint64
	// prefer is the element to begin with; order is that of the last business card.
	prefer wire.PEIdentifier
	order  []wire.PEIdentifier
	// element is the one of connect or channel.
	element wire.PoolElement
	connect ConnectID
	channel *channel
	upAt    time.Time
	// from is the last one that was up, and reason why it is not any more.
	from   wire.PEIdentifier
	reason string
	// cookie is the latest, as it came (RFC 5352 section 3.8).
	cookie    string
	hasCookie bool
}

func (e *Endpoint) openSession(ev OpenSession) {
	if _, known := e.peers.sessions[ev.Session]; known {
		return
	}
	s := &session{id: ev.Session, handle: ev.Handle, as: ev.As, prefer: ev.Prefer}
	e.peers.sessions[s.id] = s
	e.hold(s.handle)
	e.lookup(s.handle, s.prefer != 0, e.resolvedFor(s))
}

func (e *Endpoint) closeSession(ev CloseSession) {
	s, ok := e.peers.sessions[ev.Session]
	if !ok {
		return
	}
	switch s.phase {
	case resolving, doubting: // the answer finds nobody
	case connecting:
		delete(e.peers.connects, s.connect)
		e.do(CancelConnect{ID: s.connect})
	case connected:
		e.closeChannel(s.channel)
	}
	e.dropSession(s)
}

func (e *Endpoint) dropSession(s *session) {
	delete(e.peers.sessions, s.id)
	e.release(s.handle)
}

func (e *Endpoint) failSession(s *session, err error) {
	e.dropSession(s)
	e.do(SessionFailed{Session: s.id, Err: err})
}

// resolvedFor lets s wait for the pool. What it gives does not keep the session:
// when that is closed, or waits for something else, the answer has no effect.
func (e *Endpoint) resolvedFor(s *session) func(*cached, error) {
	e.peers.questions++
	id, question := s.id, e.peers.questions
	s.phase, s.question = resolving, question
	return func(c *cached, err error) {
		s, ok := e.peers.sessions[id]
		switch {
		case !ok || s.phase != resolving || s.question != question:
		case err != nil:
			e.failSession(s, s.search.failure(s.handle, err))
		default:
			e.tryNext(s, c)
		}
	}
}

// tryNext connects to the next element of the round, or ends the session.
func (e *Endpoint) tryNext(s *session, c *cached) {
	pe, ok := c.element(s.prefer)
	if !ok || s.prefer == 0 || s.search.has(pe.ID) {
		pe, ok = e.choose(&s.search, c, s.order)
	}
	switch {
	case ok:
		if pe.ID != s.search.avoid { // of which the home has heard
			e.engage(s.handle, pe.ID)
		}
		s.phase, s.element = connecting, pe
		s.connect = e.connect(s, s.handle, pe.ID, pe.UserTransport)
	case !s.search.asked:
		s.search.asked = true
		e.inquire(s.handle, 0, e.resolvedFor(s)) // all: a few would be much the same ones again
	default:
		e.failSession(s, s.search.failure(s.handle, nil))
	}
}

// next goes on after a failure. What the cache has is tried at once, though it
// may be stale: the user waits, and the server may have died with the element.
func (e *Endpoint) next(s *session) {
	c := e.entry(s.handle)
	if !c.fresh {
		e.refresh(s.handle, func(*cached, error) {}) // for the next time (RFC 5352 section 3.3 C4)
	}
	e.tryNext(s, c)
}

// up has reached an element: the state of the session comes first (RFC 5352
// section 3.8), then the card of a user that is an element too (section 3.9).
func (s *session) up(e *Endpoint, c *channel) {
	s.phase, s.channel, s.upAt = connected, c, e.now
	s.prefer = 0
	e.reached(s.handle, s.element.ID)
	if s.hasCookie && c.control {
		//nolint:errcheck // it came in a message of the same size
		e.sendControl(c, asap.CookieEcho{Cookie: s.cookie})
	}
	c.element = s.as
	e.introduce(c)
	e.do(SessionUp{Session: s.id, Channel: c.id, Element: s.element, From: s.from, Reason: s.reason})
}

// refused tries another element.
func (s *session) refused(e *Endpoint, ev ConnectFailed) {
	s.search.failed(s.element.ID, ev.Reason)
	e.unconnected(member{s.handle, s.element.ID}, ev)
	e.next(s)
}

// down fails over. An element that has ended the channel in good order is looked
// at before: it may have ended the session.
func (s *session) down(e *Endpoint, ev ChannelDown) {
	left := s.element
	s.from, s.reason, s.channel = left.ID, ev.Reason, nil
	e.do(SessionDown{Session: s.id, Element: s.from, Reason: ev.Reason})
	if e.now.Sub(s.upAt) >= settled {
		s.search = search{avoid: left.ID}
	} else {
		s.search.failed(left.ID, ev.Reason)
	}
	if ev.Orderly {
		s.phase = doubting
		e.doubt(s.handle, left, s.id)
		return
	}
	e.failed(s.handle, s.from)
	e.next(s)
}
