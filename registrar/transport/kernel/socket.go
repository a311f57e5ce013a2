//go:build linux && !386

package kernel

import (
	"cmp"
	"errors"
	"net/netip"
	"os"
	"sync"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// socket is a descriptor that the poller watches. A goroutine that waits for it needs
// no thread.
type socket struct {
	fd     int
	poller *poller
	// batch is how much is read at once, at most batchSize.
	batch int
	// unread are the events of which not all is read; the poller's.
	unread uint32

	mu sync.Mutex
	// users use the descriptor right now; closed, the last of them closes it.
	users  int
	closed bool
	// take is what the receive that waits does with what arrives, received its end.
	take     func([]piece) bool
	received chan error
	// reading: somebody reads. again: something may have arrived since.
	reading, again bool
	// changed is closed when who waits should look again; nil while nobody does.
	changed chan struct{}
	// woken ends awaitEnd, late a send that waits.
	woken, late bool

	failures sync.Mutex
	// failed keeps what the kernel tells only once.
	failed error
}

// newSocket takes fd over, which must not block.
func newSocket(fd, batch int) (*socket, error) {
	p, err := acquirePoller()
	if err == nil {
		s := &socket{fd: fd, poller: p, batch: batch, again: true, received: make(chan error, 1)}
		if err = p.add(s); err == nil {
			return s, nil
		}
		p.release()
	}
	unix.Close(fd)
	return nil, err
}

// control runs f with the descriptor, which stays open meanwhile.
func (s *socket) control(f func(fd int) error) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return os.ErrClosed
	}
	s.users++
	s.mu.Unlock()
	defer s.unuse()
	return f(s.fd)
}

func (s *socket) unuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	s.closeUnused()
}

// closeUnused is called with mu held.
func (s *socket) closeUnused() {
	if s.closed && s.users == 0 && s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
	}
}

// close is conn.close and endpoint.close: the sockets linger for no time, so an
// association that is left is aborted.
func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.poller.remove(s)
	s.poller.release()
	s.tell()
	if s.take != nil && !s.reading {
		s.finish(os.ErrClosed)
	}
	s.closeUnused()
}

// behind is endpoint.behind.
func (s *socket) behind(reached func(visits int)) { s.poller.marks.add(reached) }

// woke is conn.woke.
func (s *socket) woke() { s.poller.woken.Store(true) }

// tell lets those who wait look again, with mu held.
func (s *socket) tell() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// await waits until something has happened since the lock was taken; it gives the lock
// up meanwhile.
func (s *socket) await() {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	changed := s.changed
	s.mu.Unlock()
	<-changed
	s.mu.Lock()
}

// awaitEnd is conn.awaitEnd.
func (s *socket) awaitEnd() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && !s.woken {
		var status sctp.Status
		if getOption(s.fd, sctp.SCTP_STATUS, &status) != nil {
			return true
		}
		s.await()
	}
	return false
}

// wake is conn.wake, and rearm conn.rearm.
func (s *socket) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = true
	s.tell()
}

func (s *socket) rearm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = false
}

// send is conn.send.
func (s *socket) send(data []byte, info sendInfo, wait bool) error {
	err := s.sendOnce(data, info)
	if !wait || !errors.Is(err, unix.EAGAIN) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for errors.Is(err, unix.EAGAIN) {
		switch {
		case s.closed:
			return os.ErrClosed
		case s.late:
			return os.ErrDeadlineExceeded
		}
		s.poller.awaitRoom(s, true)
		s.await()
		s.mu.Unlock()
		err = s.sendOnce(data, info)
		s.mu.Lock()
	}
	return err
}

// sendOnce keeps the error of a lost association for failure.
func (s *socket) sendOnce(data []byte, info sendInfo) error {
	s.failures.Lock()
	defer s.failures.Unlock()
	err := s.control(func(fd int) error { return sendMessage(fd, data, info) })
	if errors.Is(err, unix.ETIMEDOUT) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.ECONNABORTED) {
		s.failed = cmp.Or(s.failed, err)
	}
	return err
}

// keep keeps an error for failure.
func (s *socket) keep(err error) {
	s.failures.Lock()
	defer s.failures.Unlock()
	s.failed = cmp.Or(s.failed, err)
}

// giveUp is conn.giveUp, and resume conn.resume.
func (s *socket) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = true
	s.tell()
}

func (s *socket) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = false
}

// failure is conn.failure.
func (s *socket) failure() error {
	s.failures.Lock()
	defer s.failures.Unlock()
	err := s.control(func(fd int) error {
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			return unix.Errno(code)
		}
		return err
	})
	if !errors.Is(err, os.ErrClosed) {
		s.failed = cmp.Or(s.failed, err)
	}
	return s.failed
}

// ends is conn.ends.
func (s *socket) ends() (local []netip.AddrPort, peer transport.Peer, err error) {
	err = s.control(func(fd int) error {
		ips, port, err := addresses(fd, sctp.SCTP_GET_LOCAL_ADDRS, ofAssociation)
		if err != nil {
			return err
		}
		for _, ip := range transport.NormalizeAddrs(ips) {
			local = append(local, netip.AddrPortFrom(ip, port))
		}
		if ips, port, err = addresses(fd, sctp.SCTP_GET_PEER_ADDRS, ofAssociation); err != nil {
			return err
		}
		peer = transport.Peer{Addrs: transport.NormalizeAddrs(ips), Port: port}
		peer.UDPPort = encapsulationPort(fd, netip.AddrPortFrom(ips[0], port))
		return nil
	})
	return local, peer, err
}
