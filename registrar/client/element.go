package client

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// defaultLife is the registration life in seconds of an Element without one, that
// of RSPLIB: a crash of element and registrar at once is forgotten in minutes.
const defaultLife = 300

// Element is a pool element to register.
type Element struct {
	Pool wire.PoolHandle
	// ID is the PE identifier; 0 lets the client choose one.
	ID wire.PEIdentifier
	// Policy is Round Robin where there is none; package policy makes them.
	Policy wire.Policy
	// Life is the registration life in seconds, wire.InfiniteLife for ever; 0 is
	// 300 s.
	Life wire.RegistrationLife
	// Reregister is the time between registrations; 0: min(10 min, life - 20 s),
	// or half the life where that is too short.
	Reregister time.Duration

	// Exactly one of the next three says where the element serves.

	// Listener is one of package net for TCP, or a *Listener of this Client for
	// SCTP. Bound to a wildcard, it is registered with the addresses of the
	// association to the registrar. Register never calls Accept or Close.
	Listener net.Listener
	// PacketConn is one of package net for UDP.
	PacketConn net.PacketConn
	// User is any user transport. Its addresses must be among those of the
	// association to the registrar; without any it gets those.
	User wire.Transport

	// StayOut: when the registrar removes the element, it stays out of the pool.
	// Otherwise it returns with its next re-registration.
	StayOut bool
	// Notify, if not nil, gets everything that happens to the element. It is
	// called from the client's goroutine: it must neither block nor call the
	// client.
	Notify func(Event)
}

// Event is something that happened to an element.
type Event struct {
	Kind endpoint.Kind
	Pool wire.PoolHandle
	ID   wire.PEIdentifier
	// User is the user transport as registered.
	User wire.Transport
	// Home is the home registrar at that time.
	Home Home
	// Causes are the registrar's reasons or warnings, Err what went wrong.
	Causes []wire.Cause
	Err    error
}

// complete fills in what has a default, and where the element serves.
func (e *Element) complete(c *Client) error {
	if !e.Policy.Present() {
		e.Policy = policy.RoundRobin()
	}
	if e.Life == 0 {
		e.Life = defaultLife
	}
	given := 0
	for _, present := range []bool{e.Listener != nil, e.PacketConn != nil, e.User.Present()} {
		if present {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("want exactly one of Listener, PacketConn and User, have %d", given)
	}
	switch {
	case e.Listener != nil:
		return e.listensAt(c)
	case e.PacketConn != nil:
		addr, ok := e.PacketConn.LocalAddr().(*net.UDPAddr)
		if !ok {
			return fmt.Errorf("want a PacketConn of UDP, have %T", e.PacketConn)
		}
		e.User = at(wire.TypeUDPTransport, addr.AddrPort())
	}
	return nil
}

func (e *Element) listensAt(c *Client) error {
	if l, ok := e.Listener.(*Listener); ok {
		if l.client != c {
			return errors.New("the Listener is of another Client")
		}
		e.User = l.transport()
		return nil
	}
	addr, ok := e.Listener.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("want a Listener of TCP, or a *client.Listener, have %T", e.Listener)
	}
	e.User = at(wire.TypeTCPTransport, addr.AddrPort())
	return nil
}

// at gives the transport of a socket; without an address where that is all of
// this host's.
func at(t wire.ParameterType, addr netip.AddrPort) wire.Transport {
	out := wire.Transport{Type: t, Port: addr.Port()}
	if ip := addr.Addr().Unmap().WithZone(""); ip.IsValid() && !ip.IsUnspecified() {
		out.Addresses = []netip.Addr{ip}
	}
	return out
}
