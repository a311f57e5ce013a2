//go:build linux && !386

package kernel

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/ishidawataru/sctp"
	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
)

// kernelEndpoint is a one-to-many SCTP socket (RFC 6458 section 3). Unlike a
// one-to-one socket it dials from the port on which it is found, and can say why
// it aborts.
type kernelEndpoint struct {
	*socket
	bound   []netip.Addr
	port    uint16
	tuning  tuning
	backlog int
}

// bind makes the endpoint of c. It accepts nothing yet.
func bind(c transport.Config) (*kernelEndpoint, error) {
	at := c.Local.Addrs
	wildcard := len(at) == 0
	if wildcard {
		at = []netip.Addr{netip.IPv6Unspecified()}
	}
	e, err := tryBind(c, at)
	for range portTries { // a port that is free on one address need not be on the next
		if c.Local.Port != 0 || len(at) == 1 || !errors.Is(err, unix.EADDRINUSE) {
			break
		}
		e, err = tryBind(c, at)
	}
	if wildcard && errors.Is(err, unix.EAFNOSUPPORT) || wildcard && errors.Is(err, unix.EADDRNOTAVAIL) {
		e, err = tryBind(c, []netip.Addr{netip.IPv4Unspecified()}) // a host without IPv6
	}
	return e, err
}

func tryBind(c transport.Config, at []netip.Addr) (*kernelEndpoint, error) {
	fd, err := unix.Socket(family(at), unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_SCTP)
	if err != nil {
		return nil, unavailable(os.NewSyscallError("socket", err))
	}
	e := &kernelEndpoint{tuning: tune(c), backlog: c.MaxHalfOpen}
	if err := e.prepare(fd, c, at); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("transport: cannot bind SCTP %v: %w", transport.Address{Addrs: at, Port: c.Local.Port}, err)
	}
	// One by one: behind the news of an association are its messages, which go to the
	// socket that it then gets.
	if e.socket, err = newSocket(fd, 1); err != nil {
		return nil, err
	}
	return e, nil
}

// family is that of the socket: IPv6 is needed where one address is of it, and
// takes the others too.
func family(at []netip.Addr) int {
	for _, ip := range at {
		if !ip.Unmap().Is4() {
			return unix.AF_INET6
		}
	}
	return unix.AF_INET
}

func (e *kernelEndpoint) prepare(fd int, c transport.Config, at []netip.Addr) error {
	on := uint32(1)
	err := errors.Join(
		e.tuning.apply(fd),
		setOption(fd, sctp.SCTP_NODELAY, &on), // Nagle waits for the delayed acknowledgement
		setOption(fd, sctp.SCTP_MAXSEG, &segment{size: maxSegment}),
		setOption(fd, sctp.SCTP_INITMSG, &sctp.InitMsg{
			NumOstreams: c.Streams, MaxInstreams: max(c.Streams, maxInboundStreams),
			MaxAttempts:    maxAttempts, // Dial has a clock of its own
			MaxInitTimeout: uint16(min(milliseconds(e.tuning.rtoMax), 1<<16-1)),
		}),
		setOption(fd, sctp.SCTP_EVENTS, &sctp.EventSubscribe{DataIO: 1, Association: 1, Shutdown: 1, PartialDelivery: 1}),
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, socketBuffer),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBuffer),
		// To accept again, the endpoint must not mind the associations on its port. It
		// still minds another that accepts.
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
	)
	if family(at) == unix.AF_INET6 {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0))
	}
	if err != nil {
		return err
	}
	if err := bindAll(fd, at, c.Local.Port); err != nil {
		return err
	}
	e.bound = transport.NormalizeAddrs(at)
	_, e.port, err = addresses(fd, sctp.SCTP_GET_LOCAL_ADDRS, ofEndpoint)
	return err
}

// addrs is endpoint.addrs.
func (e *kernelEndpoint) addrs() ([]netip.Addr, uint16) { return e.bound, e.port }

// accept is endpoint.accept.
func (e *kernelEndpoint) accept(on bool) error {
	backlog := 0 // the kernel refuses
	if on {
		backlog = e.backlog
	}
	return e.control(func(fd int) error { return os.NewSyscallError("listen", unix.Listen(fd, backlog)) })
}

// connect is endpoint.connect.
func (e *kernelEndpoint) connect(to transport.Address) (id associationID, err error) {
	if to.UDPPort != 0 && !sendsInUDP() {
		return 0, errNoUDP
	}
	err = e.control(func(fd int) error {
		if to.UDPPort != 0 {
			if err := setEncapsulation(fd, to.UDPPort); err != nil {
				return err
			}
			defer setEncapsulation(fd, 0) //nolint:errcheck // what was set once can be set again
		}
		id, err = connect(fd, to.Addrs, to.Port)
		return err
	})
	return id, err
}

// sendsInUDP reports whether the kernel has a UDP port for SCTP (RFC 6951).
func sendsInUDP() bool {
	text, err := os.ReadFile("/proc/sys/net/sctp/udp_port")
	return err == nil && strings.TrimSpace(string(text)) != "0"
}

// abort is endpoint.abort.
func (e *kernelEndpoint) abort(id associationID, reason string) {
	_ = e.send([]byte(cut(reason)), sendInfo{id: id, flags: sendAbort}, false) // it may have ended by itself
}

// peelOff is endpoint.peelOff. As soon as the paths are known, each may be tried as
// often as one alone.
func (e *kernelEndpoint) peelOff(id associationID) (conn, error) {
	fd := -1
	err := e.control(func(main int) (err error) {
		fd, err = peelOff(main, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("peel off: %w", err)
	}
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	if paths, _, err := addresses(fd, sctp.SCTP_GET_PEER_ADDRS, ofAssociation); err == nil && len(paths) > 1 {
		_ = setOption(fd, sctp.SCTP_ASSOCINFO, &associationParameters{retries: uint16(min(e.tuning.retries*len(paths), 1<<16-1))})
	}
	s, err := newSocket(fd, batchSize)
	if err != nil {
		return nil, err
	}
	return s, nil
}
