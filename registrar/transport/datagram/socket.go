package datagram

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	// MaxSize is the largest UDP payload there is.
	MaxSize = 65535

	// socketBuffer is asked of the system for the one socket of all associations.
	socketBuffer = 4 << 20

	// maxReadErrors in a row mean that a socket will not recover.
	maxReadErrors = 100
)

// Socket is one bound UDP socket of one address family.
type Socket struct {
	conn  *net.UDPConn
	bound netip.AddrPort
	// marked: the socket is bound to the wildcard, and every datagram comes and
	// goes with the local address written on it. Without that, a host with two
	// addresses could answer from the one the peer does not know.
	marked bool
}

// Path is where a datagram came from and how an answer goes back.
type Path struct {
	Socket *Socket
	// Local is this host's address, or invalid when the system chooses.
	Local  netip.Addr
	Remote netip.AddrPort
	// control is what Send needs besides, where it is known already.
	control []byte
}

// To is the path to another place from the same address here.
func (p Path) To(remote netip.AddrPort) Path {
	p.Remote = remote
	return p
}

// Ready is the same path, made for sending often.
func (p Path) Ready() Path {
	p.control = p.controlMessage()
	return p
}

func bind(at netip.AddrPort) (*Socket, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6" // IPv6 only: IPv4 has a socket of its own
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return nil, fmt.Errorf("cannot bind UDP %v: %w", at, err)
	}
	s := &Socket{conn: conn}
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s.bound = netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
	// The system may give less, or not know how: both only cost speed.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	if at.Addr().IsUnspecified() {
		if at.Addr().Is4() {
			err = ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst, true)
		} else {
			err = ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst, true)
		}
		s.marked = err == nil
	}
	return s, nil
}

// Bound is the address and port of the socket.
func (s *Socket) Bound() netip.AddrPort { return s.bound }

// Conn is the socket itself, for those that set options.
func (s *Socket) Conn() syscall.Conn { return s.conn }

// Serve calls receive with every datagram, which must not be kept, until the
// socket is closed, or fails too often: then Serve returns why.
func (s *Socket) Serve(receive func(p Path, datagram []byte)) error {
	b, oob := make([]byte, MaxSize), make([]byte, 128)
	for failures := 0; ; {
		datagram, p, err := s.read(b, oob)
		switch {
		case err == nil:
			failures = 0
			receive(p, datagram)
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			if failures++; failures == maxReadErrors {
				return err
			}
		}
	}
}

// read receives one datagram into b. oob is scratch space.
func (s *Socket) read(b, oob []byte) (datagram []byte, p Path, err error) {
	p = Path{Socket: s, Local: s.bound.Addr()}
	var n, k int
	if s.marked {
		n, k, _, p.Remote, err = s.conn.ReadMsgUDPAddrPort(b, oob)
	} else {
		n, p.Remote, err = s.conn.ReadFromUDPAddrPort(b)
	}
	if err != nil {
		return nil, Path{}, err
	}
	if s.marked {
		p.Local = s.destination(oob[:k])
	}
	p.Remote = netip.AddrPortFrom(p.Remote.Addr().Unmap(), p.Remote.Port())
	return b[:n], p, nil
}

// destination is the local address a datagram was sent to.
func (s *Socket) destination(oob []byte) netip.Addr {
	var ip net.IP
	if s.bound.Addr().Is4() {
		var m ipv4.ControlMessage
		if m.Parse(oob) == nil {
			ip = m.Dst
		}
	} else {
		var m ipv6.ControlMessage
		if m.Parse(oob) == nil {
			ip = m.Dst
		}
	}
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// Send writes one datagram along the path. It reports nothing: a datagram that
// does not leave is one the network lost.
func (p Path) Send(b []byte) {
	control := p.control
	if control == nil {
		control = p.controlMessage()
	}
	if control == nil {
		_, _ = p.Socket.conn.WriteToUDPAddrPort(b, p.Remote)
	} else {
		_, _, _ = p.Socket.conn.WriteMsgUDPAddrPort(b, control, p.Remote)
	}
}

// controlMessage makes a datagram leave from the local address of the path, or is
// nil where it does so anyway.
func (p Path) controlMessage() []byte {
	switch {
	case !p.Socket.marked || !p.Local.IsValid():
		return nil
	case p.Local.Is4():
		return (&ipv4.ControlMessage{Src: p.Local.AsSlice()}).Marshal()
	default:
		return (&ipv6.ControlMessage{Src: p.Local.AsSlice()}).Marshal()
	}
}
