package memory

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"rserpool/registrar/transport"
)

type listener struct {
	network *Network
	at      netip.AddrPort
	config  transport.Config
	backlog chan *association
	closed  chan struct{}
}

func newListener(n *Network, at netip.AddrPort, c transport.Config) *listener {
	return &listener{
		network: n,
		at:      at,
		config:  c,
		backlog: make(chan *association, c.MaxHalfOpen),
		closed:  make(chan struct{}),
	}
}

func (l *listener) Addrs() []netip.AddrPort { return []netip.AddrPort{l.at} }

func (l *listener) Accept(ctx context.Context) (transport.Association, error) {
	select {
	case <-l.closed:
		return nil, transport.ErrClosed
	default:
	}
	select {
	case s := <-l.backlog:
		return s, nil
	case <-l.closed:
		return nil, transport.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *listener) Close() error {
	n := l.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[l.at] != l {
		return nil
	}
	delete(n.listeners, l.at)
	close(l.closed)
	for p, s := range n.associations {
		if p.local == l.at {
			s.abort("listener closed")
		}
	}
	return nil
}

func (l *listener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	patience, cancel := context.WithTimeoutCause(ctx, l.config.HandshakeTimeout, transport.ErrLost)
	defer cancel()
	fail := func(err error) (transport.Association, error) {
		return nil, fmt.Errorf("transport: dial %v: %w", to, err)
	}
	if len(to.Addrs) == 0 {
		return fail(errors.New("no address"))
	}
	for {
		s, changed, err := l.try(to)
		if s != nil {
			return s, nil
		}
		if err != nil {
			return fail(err)
		}
		select {
		case <-changed:
		case <-l.closed:
			return fail(transport.ErrClosed)
		case <-patience.Done():
			return fail(context.Cause(patience))
		}
	}
}

// try connects to the first address that answers. Without an answer it returns
// what to wait for before another try.
func (l *listener) try(to transport.Address) (*association, <-chan struct{}, error) {
	n := l.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[l.at] != l {
		return nil, nil, transport.ErrClosed
	}
	refused := transport.ErrRefused
	for _, ip := range transport.NormalizeAddrs(to.Addrs) {
		if !n.hosts[ip] || n.cut[linkOf(l.at.Addr(), ip)] {
			refused = nil
			continue
		}
		s, err := l.connect(netip.AddrPortFrom(ip, to.Port))
		if s != nil || !errors.Is(err, transport.ErrRefused) {
			return s, nil, err
		}
		if refused != nil {
			refused = err
		}
	}
	if refused != nil {
		return nil, nil, refused
	}
	return nil, n.changed, nil
}

// connect is called with the network's mu held.
func (l *listener) connect(to netip.AddrPort) (*association, error) {
	n := l.network
	p := pair{l.at, to}
	if n.associations[p] != nil {
		return nil, transport.ErrExists
	}
	if to == l.at {
		return nil, errors.New("this is the listener's own address")
	}
	if n.count(l.at) >= l.config.MaxAssociations {
		return nil, fmt.Errorf("%d associations are the limit here", l.config.MaxAssociations)
	}
	peer := n.listeners[to]
	if peer == nil {
		return nil, transport.ErrRefused
	}
	if halfOpen := len(peer.backlog) == cap(peer.backlog); halfOpen || n.count(to) >= peer.config.MaxAssociations {
		peer.config.TellFull(halfOpen)
		return nil, transport.ErrFull
	}
	s, other := newAssociation(n, p, l.config), newAssociation(n, pair{to, l.at}, peer.config)
	s.peer, other.peer = other, s
	n.associations[s.pair], n.associations[other.pair] = s, other
	go s.pump()
	go other.pump()
	peer.backlog <- other // has room: only connect sends, with mu held
	return s, nil
}

// count is called with mu held.
func (n *Network) count(at netip.AddrPort) int {
	count := 0
	for p := range n.associations {
		if p.local == at {
			count++
		}
	}
	return count
}
