package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"rserpool/registrar/transport"
)

// Transport is ASAP over TCP, or over TLS.
type Transport struct{ secure secure }

// New returns the transport without security; Secure and SecureFrom return it with TLS.
func New() Transport { return Transport{} }

// Name returns "tcp" or "tls".
func (t Transport) Name() string {
	if t.secure != nil {
		return "tls"
	}
	return "tcp"
}

var errUDPPort = errors.New("a UDP port (@) is for SCTP in UDP; leave it out for TCP")

// Listen binds every address of c.Local with one port. MaxHalfOpen is how many
// connections wait for Accept, those in the handshake of TLS among them; Streams
// means nothing to TCP.
func (t Transport) Listen(c transport.Config) (transport.Listener, error) {
	c = c.Defaults()
	if c.Local.UDPPort != 0 || len(c.Also) > 0 {
		return nil, fmt.Errorf("transport: listen %v: %w", c.Local, errUDPPort)
	}
	sockets, err := bindAll(c.Local)
	if err != nil {
		return nil, fmt.Errorf("transport: listen %v: %w", c.Local, err)
	}
	return newListener(c, t.secure, sockets), nil
}

// bindAll opens a socket for each address of a, all on one port.
func bindAll(a transport.Address) ([]*net.TCPListener, error) {
	addrs := transport.NormalizeAddrs(a.Addrs)
	if len(addrs) == 0 {
		addrs = []netip.Addr{{}} // IPv4 and, where there is one, IPv6
	}
	for try := 1; ; try++ {
		sockets, err := bindEach(addrs, a.Port)
		if err == nil || a.Port != 0 || try == portTries {
			return sockets, err
		}
	}
}

// bindEach takes the port of the first address for all when port is 0.
func bindEach(addrs []netip.Addr, port uint16) ([]*net.TCPListener, error) {
	var sockets []*net.TCPListener
	for _, ip := range addrs {
		s, err := bind(ip, port)
		if err != nil {
			closeAll(sockets)
			return nil, err
		}
		sockets = append(sockets, s)
		port = bound(s).Port()
	}
	return sockets, nil
}

func bind(ip netip.Addr, port uint16) (*net.TCPListener, error) {
	network, at := "tcp", netip.AddrPortFrom(ip, port).String()
	switch {
	case !ip.IsValid():
		at = fmt.Sprintf(":%d", port)
	case ip.Is4():
		network = "tcp4"
	case !ip.IsUnspecified():
		network = "tcp6"
	}
	c := net.ListenConfig{KeepAlive: -1} // tune sets it
	c.SetMultipathTCP(false)             // its sockets know less of what tune asks for
	s, err := c.Listen(context.Background(), network, at)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return nil, fmt.Errorf("cannot bind TCP %v: %w", at, err)
	}
	return s.(*net.TCPListener), nil
}

// bound is where s listens, the unspecified address where it takes all.
func bound(s *net.TCPListener) netip.AddrPort { return s.Addr().(*net.TCPAddr).AddrPort() }

func closeAll(sockets []*net.TCPListener) {
	for _, s := range sockets {
		s.Close()
	}
}
