package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// host is a machine of its own: a network namespace with a loopback interface and a
// TUN device, whose other end this program holds. The namespace has no name: it is gone
// when this program is.
type host struct {
	number int
	addr   netip.Addr
	tun    *os.File
	jobs   chan func()
	// client reaches the host's own loopback, where no fault happens.
	client http.Client
}

const (
	mtu = 1500
	// askTime is how long a registrar may take to answer its operator.
	askTime = 10 * time.Second
)

// errPrivileges tells what helps where no namespace can be made.
var errPrivileges = errors.New("network namespaces and TUN devices need privileges: run it as root, or where /dev/net/tun is open to all as\n  unshare -Urn make chaos")

func newHost(number int) (*host, error) {
	h := &host{number: number, addr: address(number), jobs: make(chan func())}
	h.client = http.Client{Timeout: askTime, Transport: &http.Transport{DialContext: h.dial, MaxIdleConnsPerHost: 1}}
	ready := make(chan error)
	go h.live(ready)
	if err := <-ready; err != nil {
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			err = errors.Join(err, errPrivileges)
		}
		return nil, err
	}
	return h, nil
}

// live is the host's thread. It lasts, since the programs that it starts are killed when
// it ends.
func (h *host) live(ready chan<- error) {
	runtime.LockOSThread() // and never unlocked: the thread is of no use to others
	err := h.setUp()
	ready <- err
	if err != nil {
		return
	}
	for do := range h.jobs {
		do()
	}
}

// setUp moves the thread to a network of its own.
func (h *host) setUp() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace: %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/net/tun: %w", err)
	}
	if err := h.configure(fd); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	h.tun = os.NewFile(uintptr(fd), "tun")
	return nil
}

// configure brings the interfaces up.
func (h *host) configure(tun int) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	for _, step := range []struct {
		fd      int
		device  string
		request uint
		set     func(*unix.Ifreq) error
	}{
		{tun, "tun0", unix.TUNSETIFF, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI); return nil }},
		{s, "lo", unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP); return nil }},
		{s, "tun0", unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(h.addr.AsSlice()) }},
		{s, "tun0", unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{255, 255, 255, 0}) }},
		{s, "tun0", unix.SIOCSIFMTU, func(r *unix.Ifreq) error { r.SetUint32(mtu); return nil }},
		{s, "tun0", unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP); return nil }},
	} {
		r, err := unix.NewIfreq(step.device)
		if err == nil {
			err = step.set(r)
		}
		if err == nil {
			err = unix.IoctlIfreq(step.fd, step.request, r)
		}
		if err != nil {
			return fmt.Errorf("set up %s (request %#x): %w", step.device, step.request, err)
		}
	}
	return nil
}

// inside runs do on the host's thread: sockets it opens and programs it starts are of
// that host, and stay so.
func (h *host) inside(do func() error) error {
	done := make(chan error, 1)
	h.jobs <- func() { done <- do() }
	return <-done
}

func (h *host) dial(ctx context.Context, network, addr string) (c net.Conn, err error) {
	err = h.inside(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, addr)
		return err
	})
	return c, err
}

func (h *host) close() {
	h.client.CloseIdleConnections()
	h.tun.Close() // it ends the goroutine that reads
	close(h.jobs)
}
