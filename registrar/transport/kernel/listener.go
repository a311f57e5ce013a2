//go:build linux && !386

package kernel

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// listener is an endpoint and all its associations.
type listener struct {
	config   transport.Config
	endpoint endpoint
	backlog  chan *association
	// life ends with Close.
	life context.Context
	end  context.CancelFunc
	// working are the goroutines that use a socket.
	working sync.WaitGroup

	mu           sync.Mutex
	associations map[*association]struct{}
	calls        map[associationID]*call
	// accepting is what the kernel was told.
	accepting bool
}

// newListener takes e over.
func newListener(c transport.Config, e endpoint) (*listener, error) {
	l := &listener{
		config:       c,
		endpoint:     e,
		backlog:      make(chan *association, c.MaxHalfOpen),
		associations: make(map[*association]struct{}),
		calls:        make(map[associationID]*call),
	}
	l.life, l.end = context.WithCancel(context.Background())
	if err := e.accept(true); err != nil {
		l.end()
		e.close()
		return nil, fmt.Errorf("transport: cannot listen for SCTP: %w", err)
	}
	l.accepting = true
	l.working.Go(l.watch)
	return l, nil
}

// watch handles what the kernel tells of associations without a socket of their own.
func (l *listener) watch() {
	defer l.end() // a socket that cannot be read is of no use any more
	var known notices
	for failures := 0; failures < maxReadErrors && l.life.Err() == nil; failures++ {
		_ = l.endpoint.receive(func(pieces []piece) bool {
			failures = 0
			for _, p := range pieces {
				if p.notification && known.begins(p) {
					l.handle(parseNotification(p.data))
				}
			}
			l.endpoint.woke() // who accepts, or dials
			return true
		})
	}
}

func (l *listener) handle(n notification) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.calls[n.id]
	switch n.event {
	case eventUp:
		delete(l.calls, n.id)
		l.open(n.id, c)
	case eventFailed, eventLost, eventDown:
		if c != nil {
			delete(l.calls, n.id)
			c.fail(refusal(n.reason))
		}
	default:
	}
}

// open makes an association of the kernel's, which c has dialled unless it is nil.
func (l *listener) open(id associationID, c *call) {
	if c == nil && !l.room() || l.life.Err() != nil {
		if l.life.Err() == nil {
			l.config.TellFull(!l.full())
		}
		l.endpoint.abort(id, noRoom)
		return
	}
	s, err := l.endpoint.peelOff(id)
	var a *association
	if err != nil { // it has ended, or there is no descriptor for it
		l.endpoint.abort(id, noRoom)
	} else if a, err = newAssociation(l, s); err != nil {
		s.close()
	}
	switch {
	case errors.Is(err, unix.EINVAL) && c != nil: // the kernel's word for one that has ended
		c.fail(refusal("aborted at once"))
	case err != nil && c != nil:
		c.fail(fmt.Errorf("no socket for the association: %w", err))
	case err != nil: // nobody knew of it
	case c != nil:
		l.keep(a)
		c.done <- a
	default:
		l.keep(a)
		l.backlog <- a
	}
	l.regulate()
}

// keep counts a in and lets it work.
func (l *listener) keep(a *association) {
	l.associations[a] = struct{}{}
	l.working.Go(a.read)
}

// restarted gives the socket of an association that has ended to the new one that
// its peer has put in its place, as if it had come in anew.
func (l *listener) restarted(old *association) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room() && l.life.Err() == nil {
		if a, err := newAssociation(l, old.conn); err == nil {
			a.reader = reader{late: old.reader.late, message: old.reader.message, notices: old.reader.notices}
			l.keep(a)
			l.backlog <- a
			l.regulate()
			return
		}
	}
	old.conn.close()
}

// forget lets go of an association that has ended.
func (l *listener) forget(a *association) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.associations, a)
	l.regulate()
}

// room reports whether a peer may open an association.
func (l *listener) room() bool { return len(l.backlog) < l.config.MaxHalfOpen && !l.full() }

func (l *listener) full() bool { return len(l.associations)+len(l.calls) >= l.config.MaxAssociations }

// regulate has the kernel refuse peers while there is no room for them. One that is
// faster than this is aborted.
func (l *listener) regulate() {
	want := l.room()
	if want == l.accepting || l.life.Err() != nil {
		return
	}
	if l.endpoint.accept(want) == nil { // else with the next change
		if l.accepting = want; !want {
			l.config.TellFull(!l.full())
		}
	}
}

// Close is Listener.Close. When it returns, the port is free.
func (l *listener) Close() error {
	l.mu.Lock()
	l.end()
	for id, c := range l.calls {
		l.endpoint.abort(id, closing)
		c.fail(transport.ErrClosed)
	}
	clear(l.calls)
	open := make([]*association, 0, len(l.associations))
	for a := range l.associations {
		open = append(open, a)
	}
	l.mu.Unlock()
	for _, a := range open {
		a.Abort(closing)
	}
	l.endpoint.close()
	l.working.Wait()
	return nil
}

// The reasons that peers get.
const (
	closing = "the listener was closed"
	noRoom  = "no room for another association"
)
