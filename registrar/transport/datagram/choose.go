package datagram

import (
	"net"
	"net/netip"

	"rserpool/registrar/transport"
)

// PathTo is the path of a datagram that is nobody's answer. It leaves from a socket
// of its family: the one bound to the address the system itself would use, else
// one that is bound to all, else one that is bound to the loopback or not as
// remote is. Of several it is the first.
func PathTo(sockets []*Socket, remote netip.AddrPort) (Path, bool) {
	ip := remote.Addr()
	source := sourceFor(remote)
	var best *Socket
	fit := -1
	for _, s := range sockets {
		bound, now := s.bound.Addr(), 0
		switch {
		case bound.Is4() != ip.Is4():
			continue
		case bound == source:
			now = 3
		case bound.IsUnspecified():
			now = 2
		case bound.IsLoopback() == ip.IsLoopback():
			now = 1
		}
		if now > fit {
			best, fit = s, now
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

// sourceFor is the address the system would send from to remote, or invalid.
// Nothing is sent.
func sourceFor(remote netip.AddrPort) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
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
