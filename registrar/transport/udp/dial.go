package udp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

var (
	errSelf     = errors.New("this is the listener's own address")
	errNoSocket = errors.New("the listener is bound to no address of that family")
	errNoAddr   = errors.New("no address")
)

// dial is one handshake begun here. One INIT, with one tag, goes to every
// candidate; the first to answer is the peer, and since an INIT leaves nothing
// behind, the others need no clearing up.
type dial struct {
	mux        *mux
	port       uint16 // the peer's, SCTP
	offer      initBody
	candidates []datagram.Path
	// retry is signalled when the next candidate should not wait for its turn.
	retry chan struct{}
	done  chan struct{}

	// The mux's mu guards the rest.
	refused map[peerKey]bool
	// chosen, and what its INIT ACK said; nil in state COOKIE-WAIT.
	chosen *datagram.Path
	answer initChunk
	// result and err are set before done is closed.
	result *association
	err    error
}

// Dial is Listener.Dial.
func (m *mux) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.config.HandshakeTimeout,
		fmt.Errorf("%w (waited %v)", transport.ErrLost, m.config.HandshakeTimeout))
	defer cancel()
	d, err := m.startDial(to)
	if err == nil {
		err = d.run(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("transport: dial %v: %w", to, err)
	}
	return d.result, nil
}

// startDial enters a dial into the tables, unless there is an association or
// another dial to one of its candidates.
func (m *mux) startDial(to transport.Address) (*dial, error) {
	candidates, err := m.candidates(to)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.closed:
		return nil, transport.ErrClosed
	default:
	}
	for _, p := range candidates {
		if m.byPeer[keyOf(p.Remote, to.Port)] != nil || m.dialTo(p.Remote, to.Port) != nil {
			return nil, transport.ErrExists
		}
	}
	if len(m.byTag)+len(m.dials) >= m.config.MaxAssociations {
		return nil, fmt.Errorf("%d associations are the limit here", m.config.MaxAssociations)
	}
	d := &dial{
		mux:        m,
		port:       to.Port,
		offer:      m.offer(m.newTag()),
		candidates: candidates,
		retry:      make(chan struct{}, 1),
		done:       make(chan struct{}),
		refused:    make(map[peerKey]bool),
	}
	m.dials[d.offer.tag] = d
	return d, nil
}

// candidates lists the UDP endpoints to try, best first: all addresses at the
// UDP port named, or at the SCTP port and then at 9899.
func (m *mux) candidates(to transport.Address) ([]datagram.Path, error) {
	if len(to.Addrs) == 0 {
		return nil, errNoAddr
	}
	ports := []uint16{to.UDPPort}
	if to.UDPPort == 0 {
		ports = []uint16{to.Port}
		if to.Port != registeredPort {
			ports = append(ports, registeredPort)
		}
	}
	if to.Port == 0 || ports[0] == 0 {
		return nil, errPort
	}
	var out []datagram.Path
	for _, port := range ports {
		for _, ip := range transport.NormalizeAddrs(to.Addrs) {
			if !usable(ip) {
				continue
			}
			if p, ok := datagram.PathTo(m.sockets, netip.AddrPortFrom(ip, port)); ok {
				out = append(out, p)
			}
		}
	}
	if len(out) == 0 {
		return nil, errNoSocket
	}
	return out, nil
}

// dialTo finds the dial that has a peer among its candidates. It is called
// with mu held.
func (m *mux) dialTo(remote netip.AddrPort, port uint16) *dial {
	for _, d := range m.dials {
		if d.port == port && d.has(remote) {
			return d
		}
	}
	return nil
}

func (d *dial) has(remote netip.AddrPort) bool {
	for _, p := range d.candidates {
		if keyOf(p.Remote, 0) == keyOf(remote, 0) {
			return true
		}
	}
	return false
}

// run sends, and sends again, until the handshake has an outcome.
func (d *dial) run(ctx context.Context) error {
	started, wait := 0, initRTO
	stagger, again := time.NewTimer(0), time.NewTimer(wait)
	defer stagger.Stop()
	defer again.Stop()
	next := func() {
		if started < len(d.candidates) {
			d.send(d.candidates[started : started+1])
			started++
			stagger.Reset(dialStagger)
		}
	}
	for {
		select {
		case <-d.done:
			return d.err
		case <-d.mux.closed:
			d.fail(transport.ErrClosed)
		case <-ctx.Done():
			d.fail(context.Cause(ctx))
		case <-stagger.C:
			next()
		case <-d.retry:
			next()
		case <-again.C:
			d.send(d.candidates[:started])
			wait *= 2
			again.Reset(wait)
		}
	}
}

// send sends the INIT to the candidates, or the COOKIE ECHO to the chosen one.
func (d *dial) send(candidates []datagram.Path) {
	d.mux.mu.Lock()
	chosen, answer := d.chosen, d.answer
	d.mux.mu.Unlock()
	if chosen != nil {
		d.mux.reply(*chosen, d.port, answer.tag, chunkCookieEcho, 0, answer.cookie)
		return
	}
	for _, p := range candidates {
		d.mux.reply(p, d.port, 0, chunkInit, 0, d.offer.append(nil))
	}
}

// handleInitAck takes the first answer to an INIT of ours; later ones, and
// those of other candidates, are ignored (RFC 9260 section 5.2.3).
func (m *mux) handleInitAck(p datagram.Path, h header, c chunk) {
	answer, err := parseInit(c.value())
	if err != nil || len(answer.cookie) == 0 {
		return
	}
	m.mu.Lock()
	d := m.dials[h.tag]
	if d == nil || d.port != h.source || !d.has(p.Remote) || d.chosen != nil {
		m.mu.Unlock()
		return
	}
	answer.cookie = append([]byte(nil), answer.cookie...) // it aliases the datagram
	d.chosen, d.answer = &p, answer
	m.mu.Unlock()
	d.send(nil)
}

// receive takes a packet with our tag: COOKIE ACK, or a refusal.
func (d *dial) receive(p datagram.Path, h header, chunks []byte) {
	if d.port != h.source || !d.has(p.Remote) {
		return
	}
	c, rest := nextChunk(chunks)
	switch c.kind() {
	case chunkCookieAck:
		if a := d.complete(p); a != nil {
			a.receive(p, h, rest)
		}
	case chunkAbort:
		if c.flags()&flagT == 0 {
			d.refuse(p, c)
		}
	case chunkError: // the cookie was too old: begin again (RFC 9260 section 5.2.6)
		d.mux.mu.Lock()
		stale := d.chosen != nil
		d.chosen = nil
		d.mux.mu.Unlock()
		if stale {
			d.send([]datagram.Path{p})
		}
	default: // nothing else means anything yet
	}
}

func (d *dial) complete(p datagram.Path) *association {
	m := d.mux
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.chosen == nil || m.dials[d.offer.tag] != d {
		return nil
	}
	a, err := m.establish(p, d.port, d.offer, d.answer.initBody, d.answer.addrs)
	d.finish(a, err)
	return a
}

// refuse notes that the peer behind a candidate wants no association, and fails
// the dial when no candidate is left. Whoever refuses at the first choice of UDP
// port speaks for its address; at 9899 it may be a kernel that knows nothing of
// the endpoint sought.
func (d *dial) refuse(p datagram.Path, abort chunk) {
	m := d.mux
	m.mu.Lock()
	for _, c := range d.candidates {
		if c.Remote == p.Remote || c.Remote.Addr() == p.Remote.Addr() && p.Remote.Port() == d.candidates[0].Remote.Port() {
			d.refused[keyOf(c.Remote, d.port)] = true
		}
	}
	last := d.chosen != nil || len(d.refused) == len(d.candidates)
	m.mu.Unlock()
	if last {
		d.fail(refusal(p.Remote, abort))
		return
	}
	select {
	case d.retry <- struct{}{}:
	default:
	}
}

func (d *dial) fail(err error) {
	d.mux.mu.Lock()
	defer d.mux.mu.Unlock()
	d.finish(nil, err)
}

// finish ends the dial, unless it has ended. It is called with the mux's mu held.
// A dial given up behind its COOKIE ECHO says so: the peer has an association
// by then, and would keep it until it notices that nobody is there.
func (d *dial) finish(a *association, err error) {
	if d.mux.dials[d.offer.tag] != d {
		return
	}
	if a == nil && d.chosen != nil {
		d.mux.reply(*d.chosen, d.port, d.answer.tag, chunkAbort, 0,
			appendParameter(nil, causeUserAbort, []byte("dial given up")))
	}
	delete(d.mux.dials, d.offer.tag)
	d.result, d.err = a, err
	close(d.done)
}
