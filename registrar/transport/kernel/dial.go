//go:build linux && !386

package kernel

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"rserpool/registrar/transport"
)

// call is a Dial that waits for the kernel. It gets one of the two.
type call struct {
	done   chan *association
	failed chan error
}

func (c *call) fail(err error) { c.failed <- err }

// refusal is what a peer that wants no association makes of a Dial.
func refusal(reason string) error {
	if reason == "" {
		return transport.ErrRefused
	}
	return fmt.Errorf("%w: %s", transport.ErrRefused, reason)
}

// Dial is Listener.Dial. All addresses are given to the kernel, which sends to the
// next where one is silent.
func (l *listener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	a, err := l.dial(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("transport: dial %v: %w", to, err)
	}
	return a, nil
}

func (l *listener) dial(ctx context.Context, to transport.Address) (*association, error) {
	to, err := l.reachable(to)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.config.HandshakeTimeout, transport.ErrLost)
	defer cancel()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	id, c, err := l.call(to)
	if err != nil {
		return nil, err
	}
	select {
	case a := <-c.done:
		return a, nil
	case err := <-c.failed:
		return nil, err
	case <-ctx.Done():
	}
	l.hangUp(id, c)
	return nil, context.Cause(ctx)
}

// call begins an association.
func (l *listener) call(to transport.Address) (associationID, *call, error) {
	// The kernel may tell what came of it before connect has returned: handle waits.
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.life.Err() != nil:
		return 0, nil, transport.ErrClosed
	case l.exists(to):
		return 0, nil, transport.ErrExists
	case l.full():
		return 0, nil, fmt.Errorf("%d associations are the limit here", l.config.MaxAssociations)
	}
	id, err := l.endpoint.connect(to)
	if err != nil {
		return 0, nil, dialError(err)
	}
	c := &call{done: make(chan *association, 1), failed: make(chan error, 1)}
	l.calls[id] = c
	l.regulate()
	return id, c, nil
}

// exists reports whether there is an association with an endpoint at to. The kernel
// knows too, but not where the endpoint is bound to all of IPv4.
func (l *listener) exists(to transport.Address) bool {
	for a := range l.associations {
		if a.peer.Port == to.Port && slices.ContainsFunc(to.Addrs, func(ip netip.Addr) bool { return slices.Contains(a.peer.Addrs, ip) }) {
			return true
		}
	}
	return false
}

// hangUp ends a call that nobody waits for any more.
func (l *listener) hangUp(id associationID, c *call) {
	l.mu.Lock()
	if _, waiting := l.calls[id]; waiting {
		delete(l.calls, id)
		l.endpoint.abort(id, "dial canceled")
	}
	l.regulate()
	l.mu.Unlock()
	select {
	case a := <-c.done: // just then
		a.Abort("dial canceled")
	default:
	}
}

// reachable are those addresses of to that the endpoint has a family for.
func (l *listener) reachable(to transport.Address) (transport.Address, error) {
	if len(to.Addrs) == 0 {
		return to, errNone
	}
	bound, port := l.endpoint.addrs()
	var v4, v6, all bool
	for _, ip := range bound {
		v4 = v4 || ip.Is4() || ip.IsUnspecified()
		v6 = v6 || ip.Is6()
		all = all || ip.IsUnspecified()
	}
	own := make([]netip.Addr, 0, len(bound))
	if port == to.Port {
		for _, at := range l.Addrs() {
			own = append(own, at.Addr())
		}
	}
	out := transport.Address{Port: to.Port, UDPPort: to.UDPPort}
	for _, ip := range to.Addrs {
		ip = ip.Unmap()
		if slices.Contains(own, ip) || port == to.Port && all && ip.IsLoopback() {
			return to, errSelf
		}
		if ip.Is4() && v4 || ip.Is6() && v6 {
			out.Addrs = append(out.Addrs, ip)
		}
	}
	if len(out.Addrs) == 0 {
		return to, fmt.Errorf("the listener at %v has no address of that family", transport.Address{Addrs: bound, Port: port})
	}
	return out, nil
}
