package dtls

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
	"rserpool/registrar/transport/identity"
)

// mux is the UDP sockets of a listener and the sessions on them.
type mux struct {
	config  transport.Config
	store   *identity.Store
	port    uint16 // SCTP
	sockets []*datagram.Socket
	backlog chan *association
	// life ends with the listener.
	life    context.Context
	die     context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	places map[netip.AddrPort]*place
	dials  map[netip.AddrPort]*dial // by each candidate
	tokens map[token]*dial
	// doubtful are the sessions without a cookie, oldest first.
	doubtful []*session
	// serving counts the sessions peers began that still take time, attempting those
	// of them that may reach the backlog, and established the associations.
	serving, attempting, established int
	rate                             rate
}

// place is what there is with one remote address and port. A peer that has
// restarted has its old association and a new attempt for a while.
type place struct {
	current  *association
	attempt  *session
	doubtful []*session // oldest first
}

func newMux(c transport.Config, store *identity.Store, sockets []*datagram.Socket, port uint16) *mux {
	m := &mux{
		config: c, store: store, port: port, sockets: sockets,
		backlog: make(chan *association, c.MaxHalfOpen),
		places:  make(map[netip.AddrPort]*place),
		dials:   make(map[netip.AddrPort]*dial),
		tokens:  make(map[token]*dial),
	}
	m.life, m.die = context.WithCancel(context.Background())
	for _, s := range sockets {
		m.running.Go(func() {
			if s.Serve(m.receive) != nil {
				go m.close()
			}
		})
	}
	return m
}

// receive takes one datagram, which it does not keep.
func (m *mux) receive(p datagram.Path, b []byte) {
	r, _ := nextRecord(b)
	if r == nil {
		return
	}
	if h, ok := parseHello(r); ok {
		m.receiveHello(p, h, b)
		return
	}
	m.mu.Lock()
	var attempt, now *session
	if pl := m.places[p.Remote]; pl != nil {
		attempt = pl.attempt
		if pl.current != nil {
			now = pl.current.session
		}
		if attempt != nil && attempt.client && r.kind() == contentHandshake && !attempt.deaf.Load() {
			attempt.dial.choose(attempt)
		}
	}
	m.mu.Unlock()
	// What is protected tells by itself whom it is for; in clear, the handshake
	// under way comes first.
	if attempt != nil {
		attempt.push(b)
	}
	if now != nil && (attempt == nil || r.epoch() != 0) {
		now.push(b)
	}
}

// receiveHello takes a datagram with a ClientHello: of a session known already,
// of a peer that is being dialled, or of a stranger.
func (m *mux) receiveHello(p datagram.Path, h hello, b []byte) {
	m.mu.Lock()
	if own := m.tokens[h.token()]; own != nil {
		own.finish(nil, errSelf)
		m.mu.Unlock()
		return
	}
	d := m.dials[p.Remote]
	if d != nil && d.outdoes(h) {
		m.mu.Unlock()
		return
	}
	s, answer := m.sessionOf(p.Remote, h), alert.CloseNotify
	switch {
	case s != nil:
	case h.sequence != 0:
		answer = alert.AccessDenied // the cookie in it is of nobody
	case d == nil && m.full(p.Remote):
		answer = alert.InternalError
	default:
		s = m.begin(p, h)
	}
	m.mu.Unlock()
	if s != nil {
		s.push(b)
	} else if answer != alert.CloseNotify {
		p.Send(fatalAlert(answer))
	}
}

// sessionOf finds the session a ClientHello has begun. It is called with mu held.
func (m *mux) sessionOf(remote netip.AddrPort, h hello) *session {
	pl := m.places[remote]
	if pl == nil {
		return nil
	}
	all := append(slices.Clone(pl.doubtful), pl.attempt)
	if pl.current != nil {
		all = append(all, pl.current.session)
	}
	for _, s := range all {
		if s != nil && !s.client && s.hello.random == h.random {
			return s
		}
	}
	return nil
}

// full reports whether a stranger at remote must be refused, and tells so. It is called
// with mu held.
func (m *mux) full(remote netip.AddrPort) bool {
	if len(m.backlog)+m.attempting >= m.config.MaxHalfOpen {
		m.config.TellFull(true)
		return true
	}
	pl := m.places[remote]
	if pl != nil && pl.current != nil {
		return false // it takes that one's place
	}
	full := m.established+m.attempting+len(m.tokens) >= m.config.MaxAssociations
	if full {
		m.config.TellFull(false)
	}
	return full
}

// forget takes an association out of the tables.
func (m *mux) forget(a *association) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if pl := m.places[a.session.path.Remote]; pl != nil && pl.current == a {
		pl.current = nil
		m.established--
		m.tidy(a.session.path.Remote)
	}
}

// place returns the entry of remote. It is called with mu held.
func (m *mux) place(remote netip.AddrPort) *place {
	pl := m.places[remote]
	if pl == nil {
		pl = &place{}
		m.places[remote] = pl
	}
	return pl
}

// tidy removes the entry of remote when nothing is left in it. It is called with
// mu held.
func (m *mux) tidy(remote netip.AddrPort) {
	if pl := m.places[remote]; pl != nil && pl.current == nil && pl.attempt == nil && len(pl.doubtful) == 0 {
		delete(m.places, remote)
	}
}

// close ends everything. It may be called more than once.
func (m *mux) close() {
	m.mu.Lock()
	if m.life.Err() != nil {
		m.mu.Unlock()
		return
	}
	m.die()
	var all []*association
	for _, pl := range m.places {
		if pl.current != nil {
			all = append(all, pl.current)
		}
	}
	m.mu.Unlock()
	for _, a := range all {
		a.Abort("listener closed")
	}
	datagram.CloseAll(m.sockets)
	m.running.Wait()
}

// rate lets helloRate through in a second, and some at once.
type rate struct {
	last   time.Time
	tokens float64
}

// allow reports whether one more may pass now, of burst at once.
func (r *rate) allow(now time.Time, burst int) bool {
	if r.last.IsZero() {
		r.tokens = float64(burst)
	}
	r.tokens = min(float64(burst), r.tokens+now.Sub(r.last).Seconds()*helloRate)
	r.last = now
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}
