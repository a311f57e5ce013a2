//go:build linux && !386

package kernel

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
)

// association is one of the kernel's, with a socket of its own.
type association struct {
	listener *listener
	conn     conn
	local    []netip.AddrPort
	peer     transport.Peer
	in       *inbox.Inbox
	done     chan struct{}
	// sending is held by the one Send that is with the kernel: those of one
	// direction keep their order, and only one uses the socket's write deadline.
	sending chan struct{}
	// reader is what only read uses.
	reader reader

	// ending is set by whoever ends the association.
	ending atomic.Bool

	mu  sync.Mutex
	err error
	// closing is why nothing can be sent although err is nil still: a shutdown is
	// under way, and this is who began it.
	closing error
}

// newAssociation takes s over where it returns no error.
func newAssociation(l *listener, s conn) (*association, error) {
	local, peer, err := s.ends()
	if err != nil {
		return nil, err
	}
	return &association{
		listener: l,
		conn:     s,
		local:    local,
		peer:     peer,
		in:       inbox.New(inboxLimit),
		done:     make(chan struct{}),
		sending:  make(chan struct{}, 1),
	}, nil
}

// Send is Association.Send. The message goes to the kernel, which keeps it until
// the peer has it.
func (a *association) Send(ctx context.Context, m transport.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := a.unsendable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case a.sending <- struct{}{}:
	case <-a.done:
		return a.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-a.sending }()
	info := infoOf(m)
	err := a.conn.send(m.Data, info, false)
	if errors.Is(err, unix.EAGAIN) {
		err = a.sendLater(ctx, m.Data, info)
	}
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	return a.sendFailed(ctx, err)
}

// Tap is Direct.Tap.
func (a *association) Tap(t transport.Tap) { a.in.Tap(t) }

// TrySend is Prompt.TrySend.
func (a *association) TrySend(m transport.Message) bool {
	if m.Validate() != nil || a.unsendable() != nil {
		return false
	}
	select {
	case a.sending <- struct{}{}:
	default:
		return false
	}
	defer func() { <-a.sending }()
	return a.conn.send(m.Data, infoOf(m), false) == nil
}

// infoOf says how to send m.
func infoOf(m transport.Message) sendInfo {
	info := sendInfo{ppid: m.PPID}
	if m.Unordered {
		info.flags = sendUnordered
	}
	return info
}

// sendLater waits for room until ctx ends.
func (a *association) sendLater(ctx context.Context, data []byte, info sendInfo) error {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		a.conn.giveUp()
		close(ended)
	})
	err := a.conn.send(data, info, true)
	if !stop() {
		<-ended
		a.conn.resume()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

// sendFailed is what to say when the kernel refuses a message: the association
// ends, and read is told why.
func (a *association) sendFailed(ctx context.Context, err error) error {
	if errors.Is(err, unix.EMSGSIZE) {
		return err
	}
	if why := a.unsendable(); why != nil {
		return why
	}
	select {
	case <-a.done:
		return a.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unsendable is why no message can be sent, nil if one can.
func (a *association) unsendable() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	return a.closing
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
func (a *association) Peer() transport.Peer { return a.peer }

// Local is Association.Local.
func (a *association) Local() []netip.AddrPort { return a.local }

// Done is Association.Done.
func (a *association) Done() <-chan struct{} { return a.done }

// Err is Association.Err.
func (a *association) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}
