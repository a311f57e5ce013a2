package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"rserpool/registrar/transport"
)

// listener is the sockets that take connections, and all connections it has taken
// or made.
type listener struct {
	config  transport.Config
	secure  secure
	limits  limits
	sockets []*net.TCPListener
	port    uint16
	backlog chan *association
	// life ends with Close.
	life context.Context
	end  context.CancelFunc
	// accepting are the goroutines of the sockets, and of handshakes with callers.
	accepting sync.WaitGroup

	mu           sync.Mutex
	associations map[*association]struct{}
	dialing      int
	// welcoming is how many callers are in the handshake.
	welcoming int
}

func newListener(c transport.Config, s secure, sockets []*net.TCPListener) *listener {
	l := &listener{
		config: c, secure: s, limits: limits{messageTime, farewellTime}, sockets: sockets, port: bound(sockets[0]).Port(),
		backlog:      make(chan *association, c.MaxHalfOpen),
		associations: make(map[*association]struct{}),
	}
	l.life, l.end = context.WithCancel(context.Background())
	for _, s := range sockets {
		l.accepting.Go(func() { l.acceptAll(s) })
	}
	return l
}

// acceptAll takes connections until s is closed.
func (l *listener) acceptAll(s *net.TCPListener) {
	pause := acceptPause
	for {
		conn, err := s.AcceptTCP()
		switch {
		case err == nil:
			pause = acceptPause
			l.admit(conn)
		case errors.Is(err, net.ErrClosed):
			return
		default: // connections that others give up make room for it
			select {
			case <-time.After(pause):
				pause = min(2*pause, maxAcceptPause)
			case <-l.life.Done():
				return
			}
		}
	}
}

// admit makes an association of a connection if there is room, or resets it.
func (l *listener) admit(conn *net.TCPConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.life.Err() != nil:
		refuse(conn)
	case len(l.backlog)+l.welcoming >= cap(l.backlog):
		l.config.TellFull(true)
		refuse(conn)
	case l.full():
		l.config.TellFull(false)
		refuse(conn)
	case l.secure == nil:
		l.backlog <- l.establish(plain(conn)) // has room: all who send hold mu
	default:
		s := l.secure()
		if s.server == nil { // it only dials
			refuse(conn)
			return
		}
		l.welcoming++
		l.accepting.Go(func() { l.welcome(conn, s) })
	}
}

// welcome makes an association of a connection whose other end has done the
// handshake of TLS in time.
func (l *listener) welcome(conn *net.TCPConn, s *security) {
	ctx, cancel := context.WithTimeout(l.life, l.config.HandshakeTimeout)
	defer cancel()
	c, err := s.accept(ctx, conn)
	l.mu.Lock()
	l.welcoming--
	closed := l.life.Err() != nil
	if err == nil && !closed {
		l.backlog <- l.establish(c) // admit has kept room
	}
	l.mu.Unlock()
	switch {
	case closed:
		refuse(conn)
	case err != nil:
		_ = conn.Close() // behind the alert that says why, where there is one
		l.turnedAway(conn, err)
	}
}

// turnedAway tells of a caller that did not come through the handshake.
func (l *listener) turnedAway(conn *net.TCPConn, why error) {
	if l.config.Refused == nil {
		return
	}
	if errors.Is(why, context.DeadlineExceeded) {
		why = fmt.Errorf("no end of it within %v", l.config.HandshakeTimeout)
	}
	l.config.Refused(unmapped(conn.RemoteAddr()), fmt.Errorf("TLS handshake: %w", why))
}

// refuse resets a connection.
func refuse(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

// full is called with mu held.
func (l *listener) full() bool {
	return len(l.associations)+l.dialing+l.welcoming >= l.config.MaxAssociations
}

// establish is called with mu held.
func (l *listener) establish(c channel) *association {
	a := newAssociation(l, c)
	l.associations[a] = struct{}{}
	a.start()
	return a
}

// forget makes room for another association.
func (l *listener) forget(a *association) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.associations, a)
}

// Accept is Listener.Accept.
func (l *listener) Accept(ctx context.Context) (transport.Association, error) {
	if l.life.Err() != nil {
		return nil, transport.ErrClosed
	}
	select {
	case a := <-l.backlog:
		return a, nil
	case <-l.life.Done():
		return nil, transport.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Addrs is Listener.Addrs.
func (l *listener) Addrs() []netip.AddrPort {
	list := make([]netip.Addr, len(l.sockets))
	for i, s := range l.sockets {
		list[i] = bound(s).Addr().Unmap()
	}
	// Without a list of interfaces the wildcard itself is all there is to say.
	if addrs, err := transport.LocalAddrs(list); err == nil {
		list = addrs
	}
	out := make([]netip.AddrPort, len(list))
	for i, ip := range list {
		out[i] = netip.AddrPortFrom(ip, l.port)
	}
	return out
}

// Close is Listener.Close.
func (l *listener) Close() error {
	l.end()
	closeAll(l.sockets)
	l.accepting.Wait()
	l.mu.Lock()
	all := make([]*association, 0, len(l.associations))
	for a := range l.associations {
		all = append(all, a)
	}
	l.mu.Unlock()
	for _, a := range all {
		a.end(transport.ErrClosed, true)
	}
	return nil
}

// from is the local address for a dial to ip, nil where the system chooses.
func (l *listener) from(ip netip.Addr) *net.TCPAddr {
	i := slices.IndexFunc(l.sockets, func(s *net.TCPListener) bool {
		own := bound(s).Addr().Unmap()
		return own.Is4() == ip.Is4() && !own.IsUnspecified()
	})
	if i < 0 {
		return nil
	}
	own := bound(l.sockets[i]).Addr().Unmap()
	return &net.TCPAddr{IP: own.AsSlice(), Zone: own.Zone()}
}
