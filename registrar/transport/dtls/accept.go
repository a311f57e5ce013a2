package dtls

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

// begin makes a session for a ClientHello of nobody known, unless there are too
// many; nil then. The engine needs one to check the cookie it sends, so a stranger
// costs memory and goroutines, but no more than MaxHalfOpen of them do: the oldest
// one goes, since who is real returns the cookie within a round trip. It is called
// with mu held.
func (m *mux) begin(p datagram.Path, h hello) *session {
	switch {
	case m.life.Err() != nil:
		return nil
	case m.serving >= 3*m.config.MaxHalfOpen, // those that go, take a moment
		!m.rate.allow(time.Now(), max(m.config.MaxHalfOpen/2, leastBurst)):
		m.config.TellFull(true)
		return nil
	}
	s := newSession(m, p, credentials(m.store.Load()), false)
	s.hello = h
	ctx, cancel := context.WithTimeout(m.life, m.config.HandshakeTimeout)
	ctx, s.cancel = context.WithCancelCause(ctx)

	pl := m.place(p.Remote)
	pl.doubtful = append(pl.doubtful, s)
	m.doubtful = append(m.doubtful, s)
	if len(pl.doubtful) > maxDoubtful {
		m.drop(pl.doubtful[0])
	}
	if len(m.doubtful) > m.config.MaxHalfOpen {
		m.config.TellFull(true)
		m.drop(m.doubtful[0])
	}
	m.serving++
	m.running.Go(func() {
		defer cancel()
		a, err := s.serve(ctx)
		m.settle(s, a, err)
	})
	return s
}

// serve does the handshakes with a peer that calls.
func (s *session) serve(ctx context.Context) (*association, error) {
	defer s.cancel(nil)
	conn, err := s.accept()
	if err != nil {
		s.Close()
		return nil, err
	}
	return s.establish(ctx, conn, 0)
}

// drop gives a session up that is not complete. It is called with mu held.
func (m *mux) drop(s *session) {
	m.unlist(s)
	s.stage = over
	s.cancel(context.Canceled)
	s.Close()
}

// unlist takes a session out of the tables that is not complete. It is called with
// mu held.
func (m *mux) unlist(s *session) {
	remote := s.path.Remote
	pl := m.places[remote]
	switch {
	case pl == nil:
	case s.stage == doubtful:
		pl.doubtful = slices.DeleteFunc(pl.doubtful, func(o *session) bool { return o == s })
		m.doubtful = slices.DeleteFunc(m.doubtful, func(o *session) bool { return o == s })
	case s.stage == attempting && pl.attempt == s:
		pl.attempt = nil
		if !s.client && s.dial == nil {
			m.attempting--
		}
	default: // was not in them
	}
	m.tidy(remote)
}

// verified is called when a peer has returned the cookie, so that its address is
// real. Unless there is no room, it is then the one attempt of that address; and if
// the address is being dialled from here, the answer to that, or outdone by it.
func (m *mux) verified(s *session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	remote := s.path.Remote
	d := m.dials[remote]
	switch {
	case s.stage == attempting:
		return nil // the same again
	case s.stage != doubtful || d != nil && d.outdoes(s.hello):
		return errOutdone
	case d == nil && m.full(remote):
		return errFull
	}
	m.unlist(s)
	if d != nil {
		d.yield(s)
	}
	pl := m.place(remote)
	if pl.attempt != nil {
		m.drop(pl.attempt)
		pl = m.place(remote)
	}
	s.stage = attempting
	pl.attempt = s
	if s.dial == nil {
		m.attempting++
	}
	return nil
}

// settle takes the outcome of a session a peer began.
func (m *mux) settle(s *session, a *association, err error) {
	m.mu.Lock()
	m.serving--
	real := s.stage != over && s.real.Load()
	m.unlist(s)
	var old *association
	if err == nil {
		old, err = m.admit(s, a)
	}
	if d := s.dial; err != nil && d != nil && d.chosen == s {
		d.finish(nil, err)
	}
	s.stage = max(s.stage, current)
	m.mu.Unlock()
	if old != nil {
		old.end(fmt.Errorf("%w: the peer restarted", transport.ErrAborted))
	}
	if err == nil {
		return
	}
	if a != nil {
		a.Abort("no longer wanted")
	}
	if real && isRefusal(err) && m.config.Refused != nil && m.life.Err() == nil {
		m.config.Refused(s.path.Remote, err)
	}
}

// isRefusal reports whether err is about what a peer failed to prove.
func isRefusal(err error) bool {
	for _, why := range []error{ErrWrongKey, ErrUnknownIdentity, ErrCertificate, ErrHandshake} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}

// admit makes the association of a session that is complete the one of its
// address; old is the one it replaces. It is called with mu held.
func (m *mux) admit(s *session, a *association) (old *association, err error) {
	switch {
	case m.life.Err() != nil:
		return nil, transport.ErrClosed
	case s.stage == over:
		return nil, transport.ErrLost
	case a.ending.Load():
		return nil, fmt.Errorf("%w: ended at once", transport.ErrAborted)
	}
	answered := s.dial != nil && s.dial.finish(a, nil)
	if s.client && !answered {
		return nil, transport.ErrClosed // given up meanwhile
	}
	if !answered {
		select {
		case m.backlog <- a: // attempting has kept the place
		default:
			return nil, errFull
		}
	}
	pl := m.place(s.path.Remote)
	if old = pl.current; old == nil {
		m.established++
	}
	pl.current = a
	return old, nil
}
