package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"rserpool/registrar/transport"
)

var (
	errSelf = errors.New("this is the listener's own address")
	errNone = errors.New("no address")
)

// Dial is Listener.Dial. It leaves from a free port, and tries the addresses one
// after the other, each with its share of the time that is left.
func (l *listener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	a, err := l.dial(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("transport: dial %v: %w", to, err)
	}
	return a, nil
}

func (l *listener) dial(ctx context.Context, to transport.Address) (*association, error) {
	switch {
	case to.UDPPort != 0:
		return nil, errUDPPort
	case len(to.Addrs) == 0:
		return nil, errNone
	case l.life.Err() != nil:
		return nil, transport.ErrClosed
	}
	patience, cancel := context.WithTimeoutCause(ctx, l.config.HandshakeTimeout, transport.ErrLost)
	defer cancel()
	open, closed := context.WithCancelCause(patience)
	defer context.AfterFunc(l.life, func() { closed(transport.ErrClosed) })()
	if err := l.reserve(); err != nil {
		return nil, err
	}
	c, err := l.connect(open, to)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dialing--
	if err != nil {
		return nil, err
	}
	if l.life.Err() != nil {
		refuse(c.conn)
		return nil, transport.ErrClosed
	}
	return l.establish(c), nil
}

// reserve keeps room for the association that is dialled.
func (l *listener) reserve() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full() {
		return fmt.Errorf("%d associations are the limit here", l.config.MaxAssociations)
	}
	l.dialing++
	return nil
}

// connect gives a channel to the first address that takes one. A refusal counts
// only where all refuse: an address that is silent may be reached later.
func (l *listener) connect(ctx context.Context, to transport.Address) (channel, error) {
	var failed error
	for i, ip := range to.Addrs {
		at := netip.AddrPortFrom(ip.Unmap(), to.Port)
		if slices.Contains(l.Addrs(), at) {
			return channel{}, errSelf
		}
		c, err := l.try(ctx, at, len(to.Addrs)-i)
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil && !errors.Is(context.Cause(ctx), transport.ErrLost):
			return channel{}, context.Cause(ctx) // nobody wants it any more
		case failed == nil, errors.Is(failed, transport.ErrRefused):
			failed = err
		}
	}
	return channel{}, failed
}

// try connects to one address, and secures the connection where that is wanted; share is how many there are that need time still.
func (l *listener) try(ctx context.Context, to netip.AddrPort, share int) (channel, error) {
	end, _ := ctx.Deadline() // dial sets one
	ctx, cancel := context.WithTimeoutCause(ctx, time.Until(end)/time.Duration(share), transport.ErrLost)
	defer cancel()
	conn, err := l.open(ctx, to)
	if err != nil || l.secure == nil {
		return plain(conn), err
	}
	c, err := l.secure().dial(ctx, conn, to.Addr())
	if err == nil {
		return c, nil
	}
	_ = conn.Close() // behind the alert that says why
	if ctx.Err() != nil {
		return channel{}, context.Cause(ctx)
	}
	return channel{}, notDialled(err)
}

// open makes the connection itself.
func (l *listener) open(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	d := net.Dialer{KeepAlive: -1} // tune sets it
	d.SetMultipathTCP(false)
	if from := l.from(to.Addr()); from != nil {
		d.LocalAddr = from
	}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		<-ctx.Done() // the socket's clock was a little ahead
	}
	switch {
	case err == nil:
		return conn.(*net.TCPConn), nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return nil, transport.ErrRefused
	case errors.Is(err, syscall.ETIMEDOUT):
		return nil, transport.ErrLost
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return nil, fmt.Errorf("%w: %w", transport.ErrLost, err)
}
