//go:build linux && !386

package kernel

import (
	"context"
	"net/netip"

	"rserpool/registrar/transport"
)

// Listen binds c.Local. The kernel has no UDP ports for single endpoints, so c may
// not ask for one.
func (Transport) Listen(c transport.Config) (transport.Listener, error) {
	if c.Local.UDPPort != 0 || len(c.Also) > 0 {
		return nil, errUDPPort
	}
	c = c.Defaults()
	e, err := bind(c)
	if err != nil {
		return nil, err
	}
	l, err := newListener(c, e)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Accept is Listener.Accept.
func (l *listener) Accept(ctx context.Context) (transport.Association, error) {
	if l.life.Err() != nil {
		return nil, transport.ErrClosed
	}
	select {
	case a := <-l.backlog:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.regulate()
		return a, nil
	case <-l.life.Done():
		return nil, transport.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Addrs is Listener.Addrs.
func (l *listener) Addrs() []netip.AddrPort {
	bound, port := l.endpoint.addrs()
	// Without a list of interfaces the wildcard itself is all there is to say.
	if all, err := transport.LocalAddrs(bound); err == nil {
		bound = all
	}
	out := make([]netip.AddrPort, len(bound))
	for i, ip := range bound {
		out[i] = netip.AddrPortFrom(ip, port)
	}
	return out
}

// Behind is transport.Queued.Behind.
func (l *listener) Behind(reached func(associations int)) { l.endpoint.behind(reached) }
