package mixed

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"syscall"

	"rserpool/registrar/transport"
)

// listener is the two listeners of one endpoint.
type listener struct {
	first, second transport.Listener
	split         bool

	mu sync.Mutex
	// kept was accepted in the same moment as another.
	kept []transport.Association
}

// Accept is Listener.Accept. It asks both, so that what nobody waits for stays in
// their backlogs, where it is counted.
func (l *listener) Accept(ctx context.Context) (transport.Association, error) {
	if a := l.pop(); a != nil {
		return a, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt, 2)
	for _, from := range []transport.Listener{l.first, l.second} {
		go func() {
			a, err := from.Accept(ctx)
			results <- attempt{a, err}
		}()
	}
	result := <-results
	cancel()
	switch other := <-results; {
	case other.association == nil:
	case result.association == nil:
		return other.association, nil
	default:
		l.push(other.association)
	}
	return result.association, result.err
}

func (l *listener) pop() transport.Association {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) == 0 {
		return nil
	}
	a := l.kept[0]
	l.kept = l.kept[1:]
	return a
}

func (l *listener) push(a transport.Association) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, a)
}

// Addrs is Listener.Addrs.
func (l *listener) Addrs() []netip.AddrPort { return union(l.first.Addrs(), l.second.Addrs()) }

// Sockets are the UDP sockets of both.
func (l *listener) Sockets() []syscall.Conn {
	return append(transport.Sockets(l.first), transport.Sockets(l.second)...)
}

// Behind is Queued.Behind, of the first: the kernel reads in turn, where it is one of the two.
func (l *listener) Behind(reached func(associations int)) { transport.Behind(l.first, reached) }

// Close is Listener.Close.
func (l *listener) Close() error {
	return errors.Join(l.first.Close(), l.second.Close())
}
