//go:build linux && !386

package kernel

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// hotWait is how long the poller waits without giving its processor up, when the
	// last event came as soon as that.
	hotWait = time.Millisecond
	// hotRounds is how often it does so before it lets others run.
	hotRounds = 64
	maxEvents = 64
	// round is how many messages are read before those sockets are read again that have
	// more: of each its share, so that who asks for little waits for nobody who asks for
	// much.
	round = 512
)

// poller waits for all sockets of the process in one goroutine, which reads them, too.
// The runtime's poller would take another goroutine, and four system calls around each
// wait: more than it takes to read a message and to answer it.
type poller struct {
	fd  int // an epoll instance
	end int // an event descriptor, written to at the end
	// woken: a goroutine has been woken with what was read.
	woken atomic.Bool
	marks marks

	mu   sync.Mutex
	open map[int32]*socket
}

// shared is the poller of the process; it lives while there are sockets.
var shared struct {
	mu     sync.Mutex
	poller *poller
	users  int
}

// acquirePoller gives the poller to a new socket, which releases it at its end.
func acquirePoller() (*poller, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.users == 0 {
		p, err := newPoller()
		if err != nil {
			return nil, err
		}
		shared.poller = p
		go p.run()
	}
	shared.users++
	return shared.poller, nil
}

func (p *poller) release() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.users--; shared.users == 0 {
		shared.poller = nil
		one := [8]byte{1}
		_, _ = unix.Write(p.end, one[:]) // it has room: nobody else writes
	}
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	end, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	mark, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		unix.Close(end)
		return nil, os.NewSyscallError("eventfd", err)
	}
	p := &poller{fd: fd, end: end, marks: marks{fd: mark}, open: make(map[int32]*socket)}
	for _, own := range []int{end, mark} {
		if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, own, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(own)}); err != nil {
			p.close()
			return nil, os.NewSyscallError("epoll_ctl", err)
		}
	}
	return p, nil
}

func (p *poller) close() {
	p.marks.close()
	unix.Close(p.fd)
	unix.Close(p.end)
}

// waits are the events that a socket is told of: changes, not states.
const waits = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

// add begins to watch s.
func (p *poller) add(s *socket) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: waits, Fd: int32(s.fd)}); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	p.open[int32(s.fd)] = s
	return nil
}

// awaitRoom tells s when it can be written to, also when it can already.
func (p *poller) awaitRoom(s *socket, on bool) {
	events := uint32(waits)
	if on {
		events |= unix.EPOLLOUT
	}
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, s.fd, &unix.EpollEvent{Events: events, Fd: int32(s.fd)}) // it is there
}

// remove ends that.
func (p *poller) remove(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, int32(s.fd))
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, s.fd, nil) // it is there
}

func (p *poller) socket(fd int32) *socket {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open[fd]
}

// run tells the sockets what happens until the last is gone. Who has more to read than
// is read at once comes again behind all others.
func (p *poller) run() {
	defer p.close()
	var events [maxEvents]unix.EpollEvent
	var unread, before []*socket
	hot, rounds := false, 0
	for {
		n := 0
		if hot || len(unread) > 0 {
			if rounds++; p.woken.Swap(false) || rounds%hotRounds == 0 || len(unread) > 0 {
				runtime.Gosched()
			}
			wait := hotWait
			if len(unread) > 0 {
				wait = 0
			}
			n = p.waitHot(events[:], wait)
		}
		if n == 0 && len(unread) == 0 {
			began := time.Now()
			n = p.waitLong(events[:])
			hot = time.Since(began) < 2*hotWait
		}
		before, unread = unread, before[:0]
		share := min(max(round/max(n+len(before), 1), 1), batchSize)
		for _, e := range events[:n] {
			switch e.Fd {
			case int32(p.end):
				return
			case int32(p.marks.fd):
				p.marks.reached()
				continue
			}
			if s := p.socket(e.Fd); s != nil && !s.comesAgain(e.Events) {
				unread = p.visit(s, e.Events, share, unread)
			}
		}
		for _, s := range before {
			unread = p.visit(s, s.takeUnread(), share, unread)
		}
		clear(before)
	}
}

// visit reads what s has, and adds it to those that have more.
func (p *poller) visit(s *socket, events uint32, share int, unread []*socket) []*socket {
	p.marks.visits.Add(1)
	if !s.happened(events, share) {
		return unread
	}
	s.unread = events&^unix.EPOLLOUT | unix.EPOLLIN
	return append(unread, s)
}

// waitHot waits for events without a word to the scheduler, which would take the
// processor away and give it back for each of them.
func (p *poller) waitHot(events []unix.EpollEvent, long time.Duration) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), uintptr(long/time.Millisecond), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// waitLong waits as long as it takes.
func (p *poller) waitLong(events []unix.EpollEvent) int {
	for {
		n, err := unix.EpollWait(p.fd, events, -1)
		if err == nil {
			return n
		}
	}
}
