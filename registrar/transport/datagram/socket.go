package datagram

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"rserpool/registrar/transport"
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
		n, k, _, from, err := s.conn.ReadMsgUDPAddrPort(b, oob)
		switch {
		case err == nil:
			failures = 0
			receive(Path{
				Socket: s,
				Local:  s.destination(oob[:k]),
				Remote: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()),
			}, b[:n])
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			if failures++; failures == maxReadErrors {
				return err
			}
		}
	}
}

// destination is the local address a datagram was sent to.
func (s *Socket) destination(oob []byte) netip.Addr {
	if !s.marked {
		return s.bound.Addr()
	}
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
	var oob []byte
	if p.Socket.marked && p.Local.IsValid() {
		if p.Local.Is4() {
			oob = (&ipv4.ControlMessage{Src: p.Local.AsSlice()}).Marshal()
		} else {
			oob = (&ipv6.ControlMessage{Src: p.Local.AsSlice()}).Marshal()
		}
	}
	_, _, _ = p.Socket.conn.WriteMsgUDPAddrPort(b, oob, p.Remote)
}

// PathTo is the path of a datagram that is nobody's answer: from a socket of its
// family, bound to the loopback or not as remote is, if there is one.
func PathTo(sockets []*Socket, remote netip.AddrPort) (Path, bool) {
	ip := remote.Addr()
	var best *Socket
	for _, s := range sockets {
		bound := s.bound.Addr()
		if bound.Is4() != ip.Is4() {
			continue
		}
		if best == nil || bound.IsLoopback() == ip.IsLoopback() && best.bound.Addr().IsLoopback() != ip.IsLoopback() {
			best = s
		}
	}
	if best == nil {
		return Path{}, false
	}
	p := Path{Socket: best, Remote: remote}
	if !best.marked {
		p.Local = best.bound.Addr()
	}
	return p, true
}

// Addrs lists where peers reach the sockets, with port in place of their own.
func Addrs(sockets []*Socket, port uint16) []netip.AddrPort {
	bound := make([]netip.Addr, len(sockets))
	for i, s := range sockets {
		bound[i] = s.bound.Addr()
	}
	// Without a list of interfaces the wildcard itself is all there is to say.
	addrs, err := transport.LocalAddrs(bound)
	if err != nil {
		addrs = transport.NormalizeAddrs(bound)
	}
	out := make([]netip.AddrPort, len(addrs))
	for i, ip := range addrs {
		out[i] = netip.AddrPortFrom(ip, port)
	}
	return out
}
