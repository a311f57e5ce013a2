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
)

// poller waits for all sockets of the process in one goroutine, which reads them, too.
// The runtime's poller would take another goroutine, and four system calls around each
// wait: more than it takes to read a message and to answer it.
type poller struct {
	fd  int // an epoll instance
	end int // an event descriptor, written to at the end
	// woken: a goroutine has been woken with what was read.
	woken atomic.Bool

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
	p := &poller{fd: fd, end: end, open: make(map[int32]*socket)}
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, end, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(end)}); err != nil {
		p.close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	return p, nil
}

func (p *poller) close() {
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

// run tells the sockets what happens until the last is gone.
func (p *poller) run() {
	defer p.close()
	var events [maxEvents]unix.EpollEvent
	hot, rounds := false, 0
	for {
		n := 0
		if hot {
			if rounds++; p.woken.Swap(false) || rounds%hotRounds == 0 {
				runtime.Gosched()
			}
			n = p.waitHot(events[:])
		}
		if n == 0 {
			began := time.Now()
			n = p.waitLong(events[:])
			hot = time.Since(began) < 2*hotWait
		}
		for _, e := range events[:n] {
			if e.Fd == int32(p.end) {
				return
			}
			if s := p.socket(e.Fd); s != nil {
				s.happened(e.Events)
			}
		}
	}
}

// waitHot waits for events without a word to the scheduler, which would take the
// processor away and give it back for each of them.
func (p *poller) waitHot(events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), uintptr(hotWait/time.Millisecond), 0, 0)
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
