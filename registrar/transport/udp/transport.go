package udp

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

// Transport is SCTP over UDP.
type Transport struct{}

// New returns the transport.
func New() Transport { return Transport{} }

// Name returns "udp".
func (Transport) Name() string { return "udp" }

// Listen binds c.Local and c.Also. The UDP port of each is its UDPPort, else its
// Port. The one SCTP port is c.Local.Port, else the UDP port of c.Local; that of
// an address in c.Also is the same or 0. A dial leaves from c.Local if it can.
func (Transport) Listen(c transport.Config) (transport.Listener, error) {
	c = c.Defaults()
	sockets, err := datagram.Listen(c.Local, c.Also...)
	if err != nil {
		return nil, err
	}
	port := c.Local.Port
	if port == 0 {
		port = sockets[0].Bound().Port()
	}
	for _, a := range c.Also {
		if a.Port != 0 && a.Port != port {
			datagram.CloseAll(sockets)
			return nil, fmt.Errorf("transport: listen %v: the endpoint has SCTP port %d; another needs a listener of its own", a, port)
		}
	}
	return newMux(c, sockets, port), nil
}

// Accept is Listener.Accept.
func (m *mux) Accept(ctx context.Context) (transport.Association, error) {
	select {
	case <-m.closed:
		return nil, transport.ErrClosed
	default:
	}
	select {
	case a := <-m.backlog:
		return a, nil
	case <-m.closed:
		return nil, transport.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Addrs is Listener.Addrs.
func (m *mux) Addrs() []netip.AddrPort { return datagram.Addrs(m.sockets, m.port) }

// Sockets are the UDP sockets, for those that share their port with a multicast
// group; nobody else reads from them or writes to them.
func (m *mux) Sockets() []syscall.Conn {
	list := make([]syscall.Conn, len(m.sockets))
	for i, s := range m.sockets {
		list[i] = s.Conn()
	}
	return list
}

// Close is Listener.Close.
func (m *mux) Close() error {
	m.close()
	return nil
}
