package client

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
)

// maxQueue bounds the bytes that wait for a registrar: registrations of 100,000
// elements at once are below it.
const maxQueue = 16 << 20

// link is one association with its queue of outgoing messages: the client's own
// goroutine never waits for a registrar.
type link struct {
	association transport.Association
	// wake has one element when there is something to do for write.
	wake  chan struct{}
	ended chan struct{}

	mu      sync.Mutex
	queue   [][]byte
	size    int
	closing bool
}

func newLink(a transport.Association) *link {
	return &link{association: a, wake: make(chan struct{}, 1), ended: make(chan struct{})}
}

func (l *link) send(data []byte) {
	l.mu.Lock()
	l.queue = append(l.queue, data)
	l.size += len(data)
	full := l.size > maxQueue
	l.mu.Unlock()
	if full {
		l.association.Abort("registrar does not read")
		return
	}
	l.signal()
}

func (l *link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// end ends the association, after what is queued unless abort is set.
func (l *link) end(abort bool) {
	if abort {
		l.association.Abort("no longer wanted")
		return
	}
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.signal()
}

func (l *link) take() (batch [][]byte, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch, l.queue, l.size = l.queue, nil, 0
	return batch, l.closing
}

// write sends what is queued until the association ends.
func (l *link) write() {
	defer close(l.ended)
	for {
		batch, closing := l.take()
		for _, data := range batch {
			if err := l.association.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: data}); err != nil {
				l.association.Abort("cannot send: " + err.Error())
				return
			}
		}
		if closing {
			ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
			l.association.Shutdown(ctx) //nolint:errcheck // it has ended either way
			cancel()
			return
		}
		select {
		case <-l.wake:
		case <-l.association.Done():
			return
		}
	}
}

// accept takes the associations that registrars open to send keep-alives.
func (c *Client) accept() {
	for {
		a, err := c.listener.Accept(c.ctx)
		if err != nil {
			if c.ctx.Err() == nil {
				c.log.Warn("cannot accept associations from registrars any more", slog.Any("error", err))
			}
			return
		}
		if !c.post(func() { c.up(a, 0) }) {
			a.Abort("client closed")
		}
	}
}

// dial opens an association in a goroutine of its own.
func (c *Client) dial(f endpoint.Dial) {
	ctx, cancel := context.WithCancel(c.ctx)
	c.dials[f.ID] = cancel
	c.others.Go(func() {
		defer cancel()
		a, err := c.listener.Dial(ctx, transport.Address(f.To))
		posted := c.post(func() {
			delete(c.dials, f.ID)
			if err == nil {
				c.up(a, f.ID)
				return
			}
			level := slog.LevelDebug
			if errors.Is(err, transport.ErrUnproven) { // others may answer, and it may be an attack
				level = slog.LevelWarn
			}
			c.log.Log(ctx, level, "registrar not reached", slog.String("address", f.To.String()), slog.Any("error", err))
			c.step(endpoint.DialFailed{Dial: f.ID, Reason: reason(err)})
		})
		if !posted && err == nil {
			a.Abort("client closed")
		}
	})
}

// reason says why a dial failed, or a connection ended, without naming the address
// again.
func reason(err error) string {
	if inner := errors.Unwrap(err); inner != nil && errors.Is(err, transport.ErrUnproven) {
		return strings.TrimPrefix(inner.Error(), "transport: ")
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{transport.ErrRefused, "refused"},
		{transport.ErrLost, "no answer"},
		{transport.ErrExists, "an association exists already"},
		{context.Canceled, "given up"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	return strings.TrimPrefix(err.Error(), "transport: ")
}

func (c *Client) up(a transport.Association, dial endpoint.DialID) {
	c.last.association++
	id, l := c.last.association, newLink(a)
	c.links[id] = l
	c.others.Go(l.write)
	c.others.Go(func() { c.read(id, a) })
	peer := a.Peer()
	c.step(endpoint.AssociationUp{
		Association: id, Dial: dial, Local: local(a),
		Remote: endpoint.Address{Addrs: peer.Addrs, Port: peer.Port, UDPPort: peer.UDPPort},
	})
}

// local lists the addresses of this end as the peer knows them; those behind a
// wildcard are this host's.
func local(a transport.Association) []netip.Addr {
	var out []netip.Addr
	for _, ap := range a.Local() {
		out = append(out, ap.Addr())
	}
	out, err := transport.LocalAddrs(out)
	if err != nil {
		return nil
	}
	return out
}

func (c *Client) read(id endpoint.AssociationID, a transport.Association) {
	for {
		m, err := a.Recv(context.Background())
		if err != nil {
			c.post(func() {
				delete(c.links, id)
				c.step(endpoint.AssociationDown{Association: id, Reason: err.Error()})
			})
			return
		}
		if m.PPID == transport.PPIDASAP && !c.post(func() { c.step(endpoint.Received{Association: id, Data: m.Data}) }) {
			continue // closed: read on, until the end is known
		}
	}
}
