package client

import (
	"context"
	"net"
	"net/netip"
)

// maxDatagram is the largest payload of UDP over IPv4 (RFC 768, RFC 791).
const maxDatagram = 65507

// dialUDP makes a connected socket, which fails when the other end's host says
// that nobody is there (ECONNREFUSED); nothing is sent yet.
func dialUDP(ctx context.Context, addrs []netip.Addr, port uint16) (carrier, error) {
	conn, err := dialFirst(ctx, new(net.Dialer), "udp", addrs, port)
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn, buffer: make([]byte, maxDatagram), longest: maxDatagram}, nil
}
