//go:build linux && !386

package kernel

import (
	"cmp"
	"errors"
	"io"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// socket is a descriptor that the runtime's poller watches: a goroutine that waits
// for it needs no thread.
type socket struct {
	file *os.File
	raw  syscall.RawConn
	// batch is how much is read at once, at most batchSize.
	batch int

	mu sync.Mutex
	// failed keeps what the kernel tells only once.
	failed error
}

// newSocket takes fd over, which must not block.
func newSocket(fd, batch int) (*socket, error) {
	file := os.NewFile(uintptr(fd), "sctp")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &socket{file: file, raw: raw, batch: batch}, nil
}

// control runs f with the descriptor, which stays open meanwhile.
func (s *socket) control(f func(fd int) error) error {
	var err error
	if cerr := s.raw.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

// receive is conn.receive and endpoint.receive. All of it is one read for the
// poller: in a new one, what arrives before it waits would have to be asked for
// by another system call.
func (s *socket) receive(take func([]piece) bool) error {
	var failed error
	pump := func(fd uintptr) (done bool) {
		done, failed = s.readAll(int(fd), take)
		return done
	}
	err := s.raw.Read(pump)
	if err == nil || errors.Is(err, os.ErrClosed) {
		return cmp.Or(err, failed)
	}
	// The poller saw an error before anything to read: by now there is.
	if cerr := s.raw.Control(func(fd uintptr) { pump(fd) }); cerr != nil {
		return cerr
	}
	return cmp.Or(failed, s.failure(), err)
}

// readAll hands on what is there. done is false when more may come.
func (s *socket) readAll(fd int, take func([]piece) bool) (done bool, err error) {
	b := batches.Get().(*batch)
	defer batches.Put(b)
	for {
		pieces, rerr := b.read(fd, s.batch)
		switch {
		case errors.Is(rerr, unix.EAGAIN):
			return err != nil, err
		case rerr != nil && err == nil:
			// recvmmsg tells of a lost association before it gives what has arrived of it.
			s.keep(rerr)
			err = rerr
		case rerr != nil:
			return true, rerr
		case slices.ContainsFunc(pieces, func(p piece) bool { return len(p.data) == 0 }):
			return true, io.EOF // SCTP has no empty messages
		case !take(pieces):
			return true, nil
		case len(pieces) < s.batch && err == nil:
			return false, nil
		}
	}
}

// awaitEnd is conn.awaitEnd.
func (s *socket) awaitEnd() bool {
	ended := false
	err := s.raw.Read(func(fd uintptr) bool {
		var status sctp.Status
		ended = getOption(int(fd), sctp.SCTP_STATUS, &status) != nil
		return ended
	})
	return ended || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, os.ErrClosed)
}

// wake is conn.wake, and rearm conn.rearm.
func (s *socket) wake()  { _ = s.file.SetReadDeadline(time.Unix(1, 0)) }
func (s *socket) rearm() { _ = s.file.SetReadDeadline(time.Time{}) }

// send is conn.send.
func (s *socket) send(data []byte, info sendInfo, wait bool) error {
	if !wait { // also while another waits
		return s.control(func(fd int) error { return s.sendOnce(fd, data, info) })
	}
	var failed error
	err := s.raw.Write(func(fd uintptr) (done bool) {
		failed = s.sendOnce(int(fd), data, info)
		return !errors.Is(failed, unix.EAGAIN)
	})
	return cmp.Or(err, failed)
}

// sendOnce keeps the error of a lost association for failure.
func (s *socket) sendOnce(fd int, data []byte, info sendInfo) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := sendMessage(fd, data, info)
	if errors.Is(err, unix.ETIMEDOUT) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.ECONNABORTED) {
		s.failed = cmp.Or(s.failed, err)
	}
	return err
}

// keep keeps an error for failure.
func (s *socket) keep(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = cmp.Or(s.failed, err)
}

// giveUp is conn.giveUp, and resume conn.resume.
func (s *socket) giveUp() { _ = s.file.SetWriteDeadline(time.Unix(1, 0)) }
func (s *socket) resume() { _ = s.file.SetWriteDeadline(time.Time{}) }

// failure is conn.failure.
func (s *socket) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// close is conn.close and endpoint.close: the sockets linger for no time, so an
// association that is left is aborted.
func (s *socket) close() { s.file.Close() }
