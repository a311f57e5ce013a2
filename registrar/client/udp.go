package client

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"rserpool/registrar/transport"
)

// maxDatagram is the largest payload of UDP over IPv4 (RFC 768, RFC 791).
const maxDatagram = 65507

// dialUDP makes a connected socket, which hears where nobody listens at the
// other end; nothing is sent yet.
func dialUDP(ctx context.Context, addrs []netip.Addr, port uint16) (carrier, error) {
	conn, err := dialFirst(ctx, new(net.Dialer), "udp", addrs, port)
	if err != nil {
		return nil, err
	}
	return &datagrams{conn: conn, buffer: make([]byte, maxDatagram)}, nil
}

// datagrams is a carrier that keeps messages but may lose them. It fails when the
// other end's host says that nobody is there (ECONNREFUSED).
type datagrams struct {
	conn   net.Conn
	buffer []byte
}

func (d *datagrams) send(ctx context.Context, m transport.Message) (int, error) {
	return writeAll(ctx, d.conn, m.Data)
}

func (d *datagrams) recv() (transport.Message, error) {
	n, err := d.conn.Read(d.buffer)
	if err != nil {
		return transport.Message{}, err
	}
	return transport.Message{Data: slices.Clone(d.buffer[:n])}, nil
}

func (d *datagrams) done() <-chan struct{}    { return nil }
func (d *datagrams) lossy() bool              { return true }
func (d *datagrams) limit() int               { return maxDatagram }
func (d *datagrams) shutdown(context.Context) { d.conn.Close() }
func (d *datagrams) abort(string)             { d.conn.Close() }
func (d *datagrams) local() net.Addr          { return d.conn.LocalAddr() }
func (d *datagrams) remote() net.Addr         { return d.conn.RemoteAddr() }
