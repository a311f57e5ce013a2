package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// Listener is where an element serves its users over SCTP, with a control
// channel beside the data: cookies and business cards (RFC 5352 sections 3.8 and
// 3.9) go over it. It is a net.Listener; give it to Register as Element.Listener.
type Listener struct {
	client   *Client
	listener transport.Listener
	// accepting ends with Close.
	accepting context.Context
	stop      context.CancelFunc
	// serving is closed when there is an element that is served.
	serving chan struct{}
	// bound are the addresses, none for all of this host's.
	bound []netip.Addr
	// refused are the users that there was no room for; tell is for the log.
	refused atomic.Uint64
	tell    rate.Sometimes

	mu     sync.Mutex
	conns  int
	closed bool
	// element is what the channels of users come up with.
	element endpoint.ChannelUp
}

// Listen makes a Listener for one element. local is the SCTP endpoint to bind;
// the zero value is a free port of the wildcard. The Client's Close closes it.
func (c *Client) Listen(local transport.Address) (*Listener, error) {
	l := &Listener{client: c, serving: make(chan struct{}), tell: rate.Sometimes{Interval: refusedEvery}}
	bound, err := c.ports.listen(local, l.full)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	l.listener = bound
	if !slices.ContainsFunc(local.Addrs, netip.Addr.IsUnspecified) {
		l.bound = local.Addrs
	}
	l.accepting, l.stop = context.WithCancel(c.ctx)
	if !c.do(func() { c.open[l] = struct{}{} }) {
		l.shut()
		return nil, ErrClosed
	}
	return l, nil
}

// refusedEvery is the least time between two words in the log on users that are refused.
const refusedEvery = 10 * time.Second

// full: there is no room for a user, or Accept is not called as fast as users come.
func (l *Listener) full(halfOpen bool) {
	n := l.refused.Add(1)
	why := "so many are served"
	if halfOpen {
		why = "those that came before wait for Accept"
	}
	l.tell.Do(func() {
		l.client.log.Warn("limit.reached", slog.String("text", "a user is refused: "+why),
			slog.Int("max_sessions", l.client.ports.maxSessions), slog.Uint64("refused", n))
	})
}

// Refused is how many users were turned away since there were Config.MaxSessions, or too
// many that Accept had not taken.
func (l *Listener) Refused() uint64 { return l.refused.Load() }

// serve is called by the client's goroutine when an element is registered that
// serves here. The last one gets the users that come from now on.
func (l *Listener) serve(id endpoint.ElementID, pool wire.PoolHandle) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.element.Element == 0 {
		close(l.serving)
	}
	l.element = endpoint.ChannelUp{Element: id, Handle: pool}
}

// Accept gives the next user's connection, a *Conn. It waits until Register was
// called with the Listener: from then on users are served, also those that come
// before the registrar has answered. It fails with net.ErrClosed after Close.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.serving:
	case <-l.accepting.Done():
		return nil, l.closedError()
	}
	a, err := l.listener.Accept(l.accepting)
	switch {
	case l.accepting.Err() != nil:
		if err == nil {
			a.Abort("closed")
		}
		return nil, l.closedError()
	case err != nil:
		return nil, fmt.Errorf("client: accept: %w", err)
	}
	l.mu.Lock()
	l.conns++
	l.mu.Unlock()
	conn := &Conn{flow: newFlow(), channel: newChannel(l.client, newSCTP(a, l.release), true)}
	if !l.client.do(func() { l.client.channelUp(conn.channel, l.served()) }) {
		conn.channel.fail(ErrClosed)
		return nil, l.closedError()
	}
	return conn, nil
}

func (l *Listener) served() endpoint.ChannelUp {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.element
}

func (l *Listener) closedError() error {
	return &net.OpError{Op: "accept", Net: "sctp", Addr: l.Addr(), Err: net.ErrClosed}
}

// Addr is the bound endpoint, an SCTPAddr.
func (l *Listener) Addr() net.Addr {
	var a SCTPAddr
	for _, ap := range l.listener.Addrs() {
		a.Addrs, a.Port = append(a.Addrs, ap.Addr()), ap.Port()
	}
	return a
}

// Close ends Accept and turns new users away. Connections that were accepted go
// on; the port is free again when the last of them has ended.
func (l *Listener) Close() error {
	l.mu.Lock()
	again, idle := l.closed, l.conns == 0
	l.closed = true
	l.mu.Unlock()
	if again {
		return &net.OpError{Op: "close", Net: "sctp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.stop()
	if idle {
		l.shut()
	} else {
		l.client.post(func() { l.client.others.Go(l.turnAway) })
	}
	return nil
}

// leave turns new users away from now on: its client ends, and shuts it when the
// channels have ended.
func (l *Listener) leave() {
	l.stop()
	l.client.others.Go(l.turnAway)
}

// turnAway refuses users until the port is given up.
func (l *Listener) turnAway() {
	for {
		a, err := l.listener.Accept(context.Background())
		if err != nil {
			return
		}
		a.Abort("the element is closed")
	}
}

// release is called when an accepted connection has ended.
func (l *Listener) release() {
	l.mu.Lock()
	l.conns--
	last := l.conns == 0 && l.closed
	l.mu.Unlock()
	if last {
		l.shut()
	}
}

// shut gives the port up. What is connected still is aborted.
func (l *Listener) shut() {
	l.stop()
	l.client.post(func() { delete(l.client.open, l) })
	if err := l.listener.Close(); err != nil && !errors.Is(err, transport.ErrClosed) {
		l.client.log.Warn("cannot close the listener of an element", slog.Any("error", err))
	}
}

// transport is the user transport of the element that serves here.
func (l *Listener) transport() wire.Transport {
	t := wire.Transport{Type: wire.TypeSCTPTransport, Use: wire.DataAndControl, Port: l.listener.Addrs()[0].Port()}
	t.Addresses = l.bound
	return t
}
