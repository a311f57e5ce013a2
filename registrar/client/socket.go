package client

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"rserpool/registrar/transport"
)

// dialFirst gives the first connection that comes about, or the last error.
func dialFirst(ctx context.Context, d *net.Dialer, network string, addrs []netip.Addr, port uint16) (conn net.Conn, err error) {
	err = errNoAddress
	for _, ip := range addrs {
		conn, err = d.DialContext(ctx, network, net.JoinHostPort(ip.String(), strconv.Itoa(int(port))))
		if err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// socket is a carrier over a connection of package net: a stream that keeps no
// messages, or datagrams that may be lost.
type socket struct {
	conn   net.Conn
	buffer []byte
	// longest is that of the datagrams, 0 for a stream.
	longest int
}

func (s *socket) send(ctx context.Context, m transport.Message) (int, error) {
	return writeAll(ctx, s.conn, m.Data)
}

// recv leaves empty datagrams out: a Read that gives nothing would say as much.
func (s *socket) recv() (transport.Message, error) {
	for {
		n, err := s.conn.Read(s.buffer)
		switch {
		case n > 0:
			return transport.Message{Data: slices.Clone(s.buffer[:n])}, nil
		case err != nil:
			return transport.Message{}, err
		}
	}
}

func (s *socket) done() <-chan struct{}    { return nil }
func (s *socket) lossy() bool              { return s.longest > 0 }
func (s *socket) limit() int               { return s.longest }
func (s *socket) shutdown(context.Context) { s.conn.Close() }
func (s *socket) abort(string)             { s.conn.Close() }
func (s *socket) local() net.Addr          { return s.conn.LocalAddr() }
func (s *socket) remote() net.Addr         { return s.conn.RemoteAddr() }
