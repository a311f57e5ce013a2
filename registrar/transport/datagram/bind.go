package datagram

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"rserpool/registrar/transport"
)

// portTries is how often a free port is looked for when several addresses must
// share it.
const portTries = 16

// Listen opens a socket for each address of local, all on one UDP port: its
// UDPPort, else its Port, else a free one. Those of also are further ports; where
// one names no addresses, it has those of local. The first socket is local's.
func Listen(local transport.Address, also ...transport.Address) ([]*Socket, error) {
	sockets, err := bindAll(local)
	if err != nil {
		return nil, err
	}
	for _, a := range also {
		if len(a.Addrs) == 0 {
			a.Addrs = local.Addrs
		}
		more, err := bindAll(a)
		if err != nil {
			CloseAll(sockets)
			return nil, err
		}
		sockets = append(sockets, more...)
	}
	return sockets, nil
}

// CloseAll closes sockets.
func CloseAll(sockets []*Socket) {
	for _, s := range sockets {
		s.conn.Close()
	}
}

func bindAll(a transport.Address) ([]*Socket, error) {
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
			return sockets, nil
		}
		if port != 0 || try == portTries {
			return nil, fmt.Errorf("transport: listen %v: %w", a, err)
		}
	}
}

// bindEach takes the port of the first address for all when port is 0.
func bindEach(addrs []netip.Addr, port uint16, optional netip.Addr) ([]*Socket, error) {
	var sockets []*Socket
	for _, ip := range addrs {
		s, err := bind(netip.AddrPortFrom(ip, port))
		if err != nil {
			if ip == optional && len(sockets) > 0 && !errors.Is(err, syscall.EADDRINUSE) {
				continue
			}
			CloseAll(sockets)
			return nil, err
		}
		sockets = append(sockets, s)
		port = s.bound.Port()
	}
	return sockets, nil
}
