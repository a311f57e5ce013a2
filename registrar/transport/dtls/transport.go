package dtls

import (
	"context"
	"net/netip"
	"syscall"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
	"rserpool/registrar/transport/identity"
)

// Transport is SCTP over DTLS. Use New or From.
type Transport struct{ store *identity.Store }

// New returns the transport of an end with these credentials. What they lack,
// Listen says.
func New(c identity.Credentials) Transport { return From(identity.NewStore(c)) }

// From returns the transport of an end whose credentials may be replaced. Each
// handshake takes those that are in the store when it begins; they must be such that
// Listen takes.
func From(s *identity.Store) Transport { return Transport{s} }

// Name returns "dtls".
func (Transport) Name() string { return "dtls" }

// Listen binds c.Local and c.Also. Its UDP port is c.Local.UDPPort, else
// c.Local.Port; its SCTP port is c.Local.Port, else the UDP port.
func (t Transport) Listen(c transport.Config) (transport.Listener, error) {
	if err := credentials(t.store.Load()).check(); err != nil {
		return nil, err
	}
	c = c.Defaults()
	sockets, err := datagram.Listen(c.Local, c.Also...)
	if err != nil {
		return nil, err
	}
	port := c.Local.Port
	if port == 0 {
		port = sockets[0].Bound().Port()
	}
	return newMux(c, t.store, sockets, port), nil
}

// Accept is Listener.Accept.
func (m *mux) Accept(ctx context.Context) (transport.Association, error) {
	if m.life.Err() != nil {
		return nil, transport.ErrClosed
	}
	select {
	case a := <-m.backlog:
		return a, nil
	case <-m.life.Done():
		return nil, transport.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Addrs is Listener.Addrs.
func (m *mux) Addrs() []netip.AddrPort { return datagram.Addrs(m.sockets, m.port) }

// Sockets are the UDP sockets, see transport.Sockets.
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
