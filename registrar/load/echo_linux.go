package load

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// EchoKernel is Echo over the kernel's SCTP with as little as that can be done with:
// one thread that waits, reads and writes, three system calls a message. listening
// hears the address once peers can connect.
func EchoKernel(ctx context.Context, at transport.Address, listening func(netip.AddrPort)) error {
	fd, local, err := listenKernel(at)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var end [2]int
	if err := unix.Pipe2(end[:], unix.O_CLOEXEC); err != nil {
		return os.NewSyscallError("pipe2", err)
	}
	defer unix.Close(end[0])
	stop := context.AfterFunc(ctx, func() { unix.Close(end[1]) })
	defer stop()
	listening(local)
	return echoAll(fd, end[0])
}

func listenKernel(at transport.Address) (fd int, local netip.AddrPort, err error) {
	addr := netip.IPv6Unspecified()
	if len(at.Addrs) > 0 {
		addr = at.Addrs[0].Unmap()
	}
	local = netip.AddrPortFrom(addr, at.Port)
	var to unix.Sockaddr = &unix.SockaddrInet6{Port: int(at.Port), Addr: addr.As16()}
	family := unix.AF_INET6
	if addr.Is4() {
		to, family = &unix.SockaddrInet4{Port: int(at.Port), Addr: addr.As4()}, unix.AF_INET
	}
	if fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP); err != nil {
		return fd, local, os.NewSyscallError("socket", err)
	}
	const noDelay = 3 // SCTP_NODELAY, which accepted sockets inherit
	err = errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_SCTP, noDelay, 1)),
		os.NewSyscallError("bind", unix.Bind(fd, to)),
		os.NewSyscallError("listen", unix.Listen(fd, unix.SOMAXCONN)))
	if err != nil {
		unix.Close(fd)
	}
	return fd, local, err
}

// echoAll serves until end can be read.
func echoAll(listener, end int) error {
	watched := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}, {Fd: int32(end), Events: unix.POLLIN}}
	defer func() {
		for _, w := range watched[2:] {
			unix.Close(int(w.Fd))
		}
	}()
	ping, pong := make([]byte, transport.MaxMessage), make([]byte, pongSize)
	for {
		switch n, errno := wait(watched); {
		case errno != 0 && errno != unix.EINTR:
			return os.NewSyscallError("ppoll", errno)
		case errno != 0 || n == 0:
			runtime.Gosched() // whoever ends ctx
			continue
		}
		if watched[1].Revents != 0 {
			return nil
		}
		if watched[0].Revents != 0 {
			fd, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
			if err != nil {
				return os.NewSyscallError("accept4", err)
			}
			watched = append(watched, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		}
		for i := len(watched) - 1; i >= 2; i-- {
			if watched[i].Revents == 0 {
				continue
			}
			fd := int(watched[i].Fd)
			n, errno := transfer(unix.SYS_READ, fd, ping)
			if errno == 0 && n > 0 {
				_, errno = transfer(unix.SYS_WRITE, fd, pong)
			}
			if errno != 0 || n == 0 {
				unix.Close(fd)
				watched = append(watched[:i], watched[i+1:]...)
			}
		}
	}
}

// wait is poll(2) without a word to Go's scheduler, which has nothing else to do: it
// would look after the thread all the time.
func wait(watched []unix.PollFd) (n int, errno unix.Errno) {
	patience := unix.NsecToTimespec(int64(time.Second))
	r, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&watched[0])), uintptr(len(watched)),
		uintptr(unsafe.Pointer(&patience)), 0, 0, 0)
	return int(r), errno
}

// transfer is read(2) or write(2) in the same way.
func transfer(call uintptr, fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), errno
}
