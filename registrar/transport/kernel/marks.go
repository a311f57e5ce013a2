//go:build linux && !386

package kernel

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// marks are set between what has arrived and what will: the poller comes to one when it
// has seen to all that was there before it.
type marks struct {
	fd int // an event descriptor
	// visits are how often a socket was seen to.
	visits atomic.Int64

	mu    sync.Mutex
	set   []mark
	ended bool
}

type mark struct {
	reached func(visits int)
	at      int64
}

// add sets a mark. The poller calls reached, with how many sockets it has seen to
// meanwhile; without a poller it is reached already.
func (m *marks) add(reached func(visits int)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		go reached(0)
		return
	}
	m.set = append(m.set, mark{reached, m.visits.Load()})
	one := [8]byte{1}
	_, _ = unix.Write(m.fd, one[:]) // it has room for 2^64 of them
}

// reached is called by the poller.
func (m *marks) reached() {
	m.mu.Lock()
	set := m.set
	m.set = nil
	m.mu.Unlock()
	now := m.visits.Load()
	for _, mark := range set {
		mark.reached(int(now - mark.at))
	}
}

// close is the end of the poller.
func (m *marks) close() {
	m.mu.Lock()
	m.ended = true
	unix.Close(m.fd)
	m.mu.Unlock()
	m.reached()
}
