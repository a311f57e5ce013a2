package client

import (
	"context"
	"net"
	"sync"

	"rserpool/registrar/transport"
)

// ppidData marks what belongs to the application: not specified, as SCTP has it
// by default (RFC 9260 section 3.3.1).
const ppidData = 0

// SCTPAddr is the address of an SCTP endpoint.
type SCTPAddr transport.Address

// Network returns "sctp".
func (SCTPAddr) Network() string { return "sctp" }

// String gives HOST:PORT[@UDPPORT], with all hosts separated by commas.
func (a SCTPAddr) String() string { return transport.Address(a).String() }

// sctp is a carrier that keeps messages and can tell control from data.
type sctp struct {
	association transport.Association
	release     func()
}

// newSCTP calls release when the association has ended.
func newSCTP(a transport.Association, release func()) carrier {
	return sctp{a, sync.OnceFunc(release)}
}

func (s sctp) send(ctx context.Context, m transport.Message) (int, error) {
	if err := s.association.Send(ctx, m); err != nil {
		return 0, err
	}
	return len(m.Data), nil
}

func (s sctp) recv() (transport.Message, error) { return s.association.Recv(context.Background()) }
func (s sctp) done() <-chan struct{}            { return s.association.Done() }
func (s sctp) lossy() bool                      { return false }
func (s sctp) limit() int                       { return transport.MaxMessage }

func (s sctp) shutdown(ctx context.Context) {
	s.association.Shutdown(ctx) //nolint:errcheck // it has ended either way
	s.release()
}

func (s sctp) abort(reason string) {
	s.association.Abort(reason)
	s.release()
}

func (s sctp) local() net.Addr {
	var a SCTPAddr
	for _, ap := range s.association.Local() {
		a.Addrs, a.Port = append(a.Addrs, ap.Addr()), ap.Port()
	}
	return a
}

func (s sctp) remote() net.Addr {
	p := s.association.Peer()
	a := SCTPAddr{Addrs: p.Addrs, Port: p.Port}
	if p.UDPPort != p.Port {
		a.UDPPort = p.UDPPort
	}
	return a
}
