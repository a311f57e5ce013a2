package dtls

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

var (
	errNoAddr   = errors.New("no address")
	errNoPort   = errors.New("port 0")
	errNoSocket = errors.New("the listener is bound to no address of that family")
)

// dial is one call from here. A session is begun with one candidate after the
// other; the first to answer is the peer, and the others are given up. If the peer
// calls at the same moment and its token is the higher one, its session is the
// answer, once it has returned the cookie (RFC 9260 section 5.2: one association).
type dial struct {
	mux        *mux
	port       uint16 // the peer's, SCTP
	token      token
	candidates []datagram.Path
	// credentials are those that were in use when it began.
	credentials credentials
	ctx         context.Context
	// retry is signalled when the next candidate should not wait for its turn.
	retry chan struct{}
	done  chan struct{}

	// The mux's mu guards the rest.
	begun  int // of candidates
	anew   int // how often a session was begun anew
	active map[*session]bool
	chosen *session
	last   error
	over   bool
	// result and err are set before done is closed.
	result *association
	err    error
}

// Dial is Listener.Dial.
func (m *mux) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.config.HandshakeTimeout,
		fmt.Errorf("%w (waited %v)", transport.ErrLost, m.config.HandshakeTimeout))
	defer cancel()
	d, err := m.startDial(ctx, to)
	if err == nil {
		err = d.run()
	}
	if err != nil {
		return nil, fmt.Errorf("transport: dial %v: %w", to, err)
	}
	return d.result, nil
}

// startDial enters a dial into the tables, unless there is an association or
// another dial to one of its candidates.
func (m *mux) startDial(ctx context.Context, to transport.Address) (*dial, error) {
	candidates, err := m.candidates(to)
	if err != nil {
		return nil, err
	}
	d := &dial{
		mux: m, port: to.Port, candidates: candidates, credentials: credentials(m.store.Load()), ctx: ctx,
		retry:  make(chan struct{}, 1),
		done:   make(chan struct{}),
		active: make(map[*session]bool),
	}
	rand.Read(d.token[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life.Err() != nil {
		return nil, transport.ErrClosed
	}
	var underWay *session
	for _, p := range candidates {
		if m.dials[p.Remote] != nil {
			return nil, transport.ErrExists
		}
		if pl := m.places[p.Remote]; pl != nil && pl.current != nil {
			return nil, transport.ErrExists
		} else if pl != nil && pl.attempt != nil {
			underWay = pl.attempt
		}
	}
	if underWay == nil && m.established+m.attempting+len(m.tokens) >= m.config.MaxAssociations {
		return nil, fmt.Errorf("%d associations are the limit here", m.config.MaxAssociations)
	}
	for _, p := range candidates {
		m.dials[p.Remote] = d
	}
	m.tokens[d.token] = d
	if underWay != nil { // the peer was faster
		d.yield(underWay)
	}
	return d, nil
}

// candidates lists the UDP endpoints to try: all addresses at the UDP port named,
// else at the SCTP port. Port 9899 is for SCTP without DTLS.
func (m *mux) candidates(to transport.Address) ([]datagram.Path, error) {
	if len(to.Addrs) == 0 {
		return nil, errNoAddr
	}
	port := to.UDPPort
	if port == 0 {
		port = to.Port
	}
	if to.Port == 0 || port == 0 {
		return nil, errNoPort
	}
	var out []datagram.Path
	for _, ip := range transport.NormalizeAddrs(to.Addrs) {
		if ip.IsMulticast() || ip.IsUnspecified() {
			continue
		}
		if p, ok := datagram.PathTo(m.sockets, netip.AddrPortFrom(ip, port)); ok {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, errNoSocket
	}
	return out, nil
}

// run begins with the candidates until the dial has an outcome.
func (d *dial) run() error {
	stagger := time.NewTimer(0)
	defer stagger.Stop()
	for {
		select {
		case <-d.done:
			return d.err
		case <-d.mux.life.Done():
			d.fail(transport.ErrClosed)
		case <-d.ctx.Done():
			d.fail(d.late())
		case <-stagger.C:
			d.next()
			stagger.Reset(dialStagger)
		case <-d.retry:
			d.next()
			stagger.Reset(dialStagger)
		}
	}
}

// next begins with the next candidate, if it is time for one.
func (d *dial) next() {
	m := d.mux
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.over || d.chosen != nil || d.begun == len(d.candidates) || m.life.Err() != nil {
		return
	}
	p := d.candidates[d.begun]
	d.begun++
	d.call(p, d.credentials.methods(), 0)
}

// call begins a session with a candidate, after a pause in which what comes from
// there is not heard. It is called with mu held.
func (d *dial) call(p datagram.Path, methods []method, pause time.Duration) {
	m := d.mux
	s := newSession(m, p, d.credentials, true)
	s.method, s.others = methods[0], methods[1:]
	s.stage, s.dial = attempting, d
	d.active[s] = true
	pl := m.place(p.Remote)
	if pl.attempt != nil {
		m.drop(pl.attempt)
		pl = m.place(p.Remote)
	}
	pl.attempt = s
	ctx, cancel := context.WithCancelCause(d.ctx)
	s.cancel = cancel
	s.deaf.Store(pause > 0)
	m.running.Go(func() {
		defer cancel(nil)
		if pause > 0 {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			s.deaf.Store(false)
		}
		var a *association
		conn, err := s.call(d.token)
		if err == nil {
			a, err = s.establish(ctx, conn, d.port)
		}
		d.settle(s, a, err)
	})
}

// settle takes the outcome of a session begun here.
func (d *dial) settle(s *session, a *association, err error) {
	m := d.mux
	m.mu.Lock()
	delete(d.active, s)
	m.unlist(s)
	if err == nil {
		_, err = m.admit(s, a)
	}
	given := s.stage == over
	s.stage = max(s.stage, current)
	switch {
	case err == nil || d.over || given:
	case errors.Is(err, errStale) && d.anew < maxAnew && d.ctx.Err() == nil && m.life.Err() == nil:
		d.anew++
		d.chosen = nil
		d.call(s.path, append([]method{s.method}, s.others...), anewAfter)
	case errors.Is(err, ErrHandshake) && len(s.others) > 0 && d.ctx.Err() == nil && m.life.Err() == nil:
		d.chosen = nil
		d.call(s.path, s.others, 0)
	case d.chosen == s || len(d.active) == 0 && d.begun == len(d.candidates):
		d.finish(nil, err)
	default:
		d.last = err
		select {
		case d.retry <- struct{}{}:
		default:
		}
	}
	m.mu.Unlock()
	if err != nil && a != nil {
		a.Abort("dial given up")
	}
}

// yielded reports whether the answer is a session the peer began. It is called
// with mu held.
func (d *dial) yielded() bool { return d.chosen != nil && !d.chosen.client }

// outdoes reports whether both dial and this end's ClientHello counts, that with
// the higher token: both ends see both. It is called with mu held.
func (d *dial) outdoes(h hello) bool {
	theirs := h.token()
	return !d.yielded() && bytes.Compare(d.token[:], theirs[:]) > 0
}

// choose makes s the session of the dial, since it has an answer: all others are
// given up. It is called with mu held.
func (d *dial) choose(s *session) {
	if d.chosen != nil || d.over {
		return
	}
	d.chosen = s
	d.giveUp(s)
}

// yield makes a session of the peer's the answer. It is called with mu held.
func (d *dial) yield(s *session) {
	if s.stage == attempting && s.dial == nil {
		d.mux.attempting--
	}
	s.dial = d
	d.chosen = s
	d.giveUp(s)
}

// giveUp drops all sessions begun here but one. It is called with mu held.
func (d *dial) giveUp(but *session) {
	for s := range d.active {
		if s != but {
			d.mux.drop(s)
			delete(d.active, s)
		}
	}
}

// late is why the dial fails when its time is over: what is known of the session
// that was chosen, else the time.
func (d *dial) late() error {
	d.mux.mu.Lock()
	defer d.mux.mu.Unlock()
	cause := context.Cause(d.ctx)
	if d.chosen != nil && d.chosen.client {
		return d.chosen.explain(d.ctx, cause)
	}
	if d.last != nil && errors.Is(cause, transport.ErrLost) {
		return fmt.Errorf("%w; before that: %w", cause, d.last)
	}
	return cause
}

func (d *dial) fail(err error) {
	d.mux.mu.Lock()
	defer d.mux.mu.Unlock()
	d.finish(nil, err)
}

// finish ends the dial, and reports whether it had not ended before. It is called
// with the mux's mu held.
func (d *dial) finish(a *association, err error) bool {
	if d.over {
		return false
	}
	d.over = true
	for _, p := range d.candidates {
		delete(d.mux.dials, p.Remote)
	}
	delete(d.mux.tokens, d.token)
	d.result, d.err = a, err
	if a == nil {
		d.giveUp(nil)
	} else {
		d.giveUp(a.session)
	}
	close(d.done)
	return true
}
