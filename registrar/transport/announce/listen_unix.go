//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package announce

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// listen binds a socket to the group itself. Package net would bind it to all
// addresses, where it would take the datagrams of SCTP over UDP on the same port.
func listen(group netip.AddrPort, beside []syscall.Conn) (*net.UDPConn, error) {
	family, address := sockaddr(group)
	fd, err := socket(family)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), group.String())
	defer file.Close()
	if err := errors.Join(share(fd, 1), bindBeside(fd, address, beside)); err != nil {
		return nil, err
	}
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

func sockaddr(at netip.AddrPort) (family int, address syscall.Sockaddr) {
	if at.Addr().Is4() {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
}

// socket makes one for datagrams as package net does: not for child processes, and
// never waiting in the kernel.
func socket(family int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return -1, errors.Join(os.NewSyscallError("setnonblock", err), syscall.Close(fd))
	}
	return fd, nil
}

// bindBeside binds while the others share their port, and only then: a port that
// is shared for good could be taken by any program of this host.
func bindBeside(fd int, address syscall.Sockaddr, beside []syscall.Conn) error {
	errs := shareAll(beside, 1)
	errs = append(errs, os.NewSyscallError("bind", syscall.Bind(fd, address)))
	return errors.Join(append(errs, shareAll(beside, 0)...)...)
}

func shareAll(conns []syscall.Conn, on int) (errs []error) {
	for _, c := range conns {
		raw, err := c.SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { errs = append(errs, share(int(fd), on)) })
		}
		errs = append(errs, err)
	}
	return errs
}

// share makes the kernel let sockets that ask for it too bind to the same port.
func share(fd, on int) error {
	for _, option := range shareOptions {
		if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, option, on); err != nil {
			return fmt.Errorf("cannot share the port: %w", err)
		}
	}
	return nil
}
