package udp

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

// socket is one bound UDP socket of one address family.
type socket struct {
	conn  *net.UDPConn
	bound netip.AddrPort
	// marked: the socket is bound to the wildcard, and every datagram comes and
	// goes with the local address written on it. Without that, a host with two
	// addresses could answer from the one the peer does not know.
	marked bool
}

// path is where a packet came from and how an answer goes back.
type path struct {
	socket *socket
	// local is this host's address, or invalid when the system chooses.
	local  netip.Addr
	remote netip.AddrPort
	// control is what send needs besides, if it is known already.
	control []byte
}

// to is the path to another place from the same address here.
func (p path) to(remote netip.AddrPort) path {
	p.remote = remote
	return p
}

// ready is the same path, made for sending often.
func (p path) ready() *path {
	p.control = p.controlMessage()
	return &p
}

// bindEndpoint opens the sockets of one SCTP port.
func bindEndpoint(local transport.Address, also []transport.Address) ([]*socket, uint16, error) {
	sockets, port, err := bindAll(local)
	if err != nil {
		return nil, 0, err
	}
	if local.Port != 0 {
		port = local.Port
	}
	for _, a := range also {
		if a.Port == 0 {
			a.Port = port
		}
		var more []*socket
		if a.Port != port {
			err = fmt.Errorf("transport: listen %v: the endpoint has SCTP port %d; another needs a listener of its own", a, port)
		} else {
			more, _, err = bindAll(a)
		}
		if err != nil {
			closeAll(sockets)
			return nil, 0, err
		}
		sockets = append(sockets, more...)
	}
	return sockets, port, nil
}

// bindAll opens a socket for each address of a, all on one UDP port.
func bindAll(a transport.Address) ([]*socket, uint16, error) {
	port := a.UDPPort
	if port == 0 {
		port = a.Port
	}
	addrs := transport.NormalizeAddrs(a.Addrs)
	optional := netip.Addr{} // may be missing on a host without IPv6
	if len(addrs) == 0 || addrs[len(addrs)-1] == netip.IPv6Unspecified() {
		optional = netip.IPv6Unspecified()
		addrs = []netip.Addr{netip.IPv4Unspecified(), optional}
	}
	for try := 1; ; try++ {
		sockets, err := bindEach(addrs, port, optional)
		if err == nil {
			return sockets, sockets[0].bound.Port(), nil
		}
		if port != 0 || try == portTries {
			return nil, 0, fmt.Errorf("transport: listen %v: %w", a, err)
		}
	}
}

// bindEach takes the port of the first address for all when port is 0.
func bindEach(addrs []netip.Addr, port uint16, optional netip.Addr) ([]*socket, error) {
	var sockets []*socket
	for _, ip := range addrs {
		s, err := bind(netip.AddrPortFrom(ip, port))
		if err != nil {
			if ip == optional && len(sockets) > 0 && !errors.Is(err, syscall.EADDRINUSE) {
				continue
			}
			closeAll(sockets)
			return nil, err
		}
		sockets = append(sockets, s)
		port = s.bound.Port()
	}
	return sockets, nil
}

func bind(at netip.AddrPort) (*socket, error) {
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
	s := &socket{conn: conn}
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

// sourceFor is the address the system would send from to ip, or invalid. Nothing
// is sent.
func sourceFor(ip netip.Addr) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, registeredPort)))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

func closeAll(sockets []*socket) {
	for _, s := range sockets {
		s.conn.Close()
	}
}

// read receives one datagram into b. oob is scratch space.
func (s *socket) read(b, oob []byte) ([]byte, path, error) {
	if !s.marked {
		n, from, err := s.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return nil, path{}, err
		}
		return b[:n], path{socket: s, local: s.bound.Addr(), remote: unmap(from)}, nil
	}
	n, k, _, from, err := s.conn.ReadMsgUDPAddrPort(b, oob)
	if err != nil {
		return nil, path{}, err
	}
	return b[:n], path{socket: s, local: s.destination(oob[:k]), remote: unmap(from)}, nil
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// destination is the local address a datagram was sent to.
func (s *socket) destination(oob []byte) netip.Addr {
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

// send writes one datagram back along the path. It reports nothing: a datagram
// that does not leave is one the network lost, and SCTP sends it again.
func (p *path) send(b []byte) {
	control := p.control
	if control == nil {
		control = p.controlMessage()
	}
	if control == nil {
		_, _ = p.socket.conn.WriteToUDPAddrPort(b, p.remote)
	} else {
		_, _, _ = p.socket.conn.WriteMsgUDPAddrPort(b, control, p.remote)
	}
}

// controlMessage makes a datagram leave from the local address of the path, or is
// nil where it does so anyway.
func (p *path) controlMessage() []byte {
	switch {
	case !p.socket.marked || !p.local.IsValid():
		return nil
	case p.local.Is4():
		return (&ipv4.ControlMessage{Src: p.local.AsSlice()}).Marshal()
	default:
		return (&ipv6.ControlMessage{Src: p.local.AsSlice()}).Marshal()
	}
}
