package tcp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
)

// association is one TCP connection.
type association struct {
	channel
	listener      *listener
	local, remote netip.AddrPort
	// out is what Send has queued, in what Recv has not fetched.
	out, in *inbox.Inbox
	// drained is closed when all that was queued is with the system, and the end of
	// the stream behind it.
	drained chan struct{}
	done    chan struct{}

	mu  sync.Mutex
	err error
	// closing is why nothing can be sent although err is nil still: one side has
	// closed its half of the connection.
	closing error
}

// newAssociation takes c over. start makes it work.
func newAssociation(l *listener, c channel) *association {
	return &association{
		channel:  c,
		listener: l,
		local:    unmapped(c.conn.LocalAddr()),
		remote:   unmapped(c.conn.RemoteAddr()),
		out:      inbox.New(queueLimit),
		in:       inbox.New(queueLimit),
		drained:  make(chan struct{}),
		done:     make(chan struct{}),
	}
}

func unmapped(a net.Addr) netip.AddrPort {
	at := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}

func (a *association) start() {
	tune(a.conn, a.listener.config)
	go a.readAll()
	go a.writeAll()
}

// readAll moves messages to the inbox until the peer's end of the stream.
func (a *association) readAll() {
	defer a.in.End()
	r := bufio.NewReader(a.stream)
	for {
		limited := false
		data, err := readFrame(r, func() {
			if !limited {
				limited = true
				_ = a.conn.SetReadDeadline(time.Now().Add(a.listener.limits.message))
			}
		})
		if err != nil {
			a.readFailed(err)
			return
		}
		if limited {
			_ = a.conn.SetReadDeadline(time.Time{})
		}
		m := transport.Message{PPID: transport.PPIDASAP, Data: data}
		if !a.in.TryPut(m) && !a.stall(m) {
			return
		}
	}
}

// stall waits until there is room for m, and reports whether there was. Nothing is
// read meanwhile; that the peer resets the connection is noticed nevertheless.
func (a *association) stall(m transport.Message) bool {
	put := make(chan error, 1)
	go func() {
		err := a.in.Put(context.Background(), m) // Flush at the end wakes it
		_ = a.conn.SetReadDeadline(time.Unix(1, 0))
		put <- err
	}()
	if err := awaitReset(a.conn); err != nil {
		a.end(failure(err), true)
	}
	err := <-put
	_ = a.conn.SetReadDeadline(time.Time{})
	return err == nil
}

// writeAll writes what is queued, then the end of the stream.
func (a *association) writeAll() {
	for {
		m, err := a.out.Get(context.Background())
		if errors.Is(err, inbox.ErrEnded) {
			break
		}
		if _, err := a.stream.Write(m.Data); err != nil {
			a.writeFailed(err)
			return
		}
	}
	if err := a.stream.CloseWrite(); err != nil {
		a.writeFailed(err)
		return
	}
	close(a.drained)
}

// Send is Association.Send. It refuses all but whole ASAP messages.
func (a *association) Send(ctx context.Context, m transport.Message) error {
	data, err := frame(m)
	if err != nil {
		return err
	}
	if err := a.unsendable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err = a.out.Put(ctx, transport.Message{Data: data})
	if errors.Is(err, inbox.ErrEnded) {
		return a.unsendable()
	}
	return err
}

// Recv is Association.Recv.
func (a *association) Recv(ctx context.Context) (transport.Message, error) {
	m, err := a.in.Get(ctx)
	if errors.Is(err, inbox.ErrEnded) {
		return m, a.Err()
	}
	return m, err
}

// Peer is Association.Peer.
func (a *association) Peer() transport.Peer {
	return transport.Peer{
		Addrs: []netip.Addr{a.remote.Addr()}, Port: a.remote.Port(), Secured: a.secured, Identity: a.identity,
		Generation: a.generation,
	}
}

// Local is Association.Local: one address, with the port of this connection.
func (a *association) Local() []netip.AddrPort { return []netip.AddrPort{a.local} }

// Done is Association.Done.
func (a *association) Done() <-chan struct{} { return a.done }

// Err is Association.Err.
func (a *association) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}
