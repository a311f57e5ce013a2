package client

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"rserpool/registrar/transport"
)

// streamBuffer is how much is read from a stream at once.
const streamBuffer = 32 << 10

// tcpKeepAlive finds an element that is gone without a word, on an idle
// connection, after four seconds: the least that systems offer.
var tcpKeepAlive = net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 3}

// userTimeout is how long an element may acknowledge nothing of what it is sent.
// One that reads nothing for as long is taken for dead, too: so it is far above
// what keep-alives grant.
const userTimeout = 30 * time.Second

// dialTCP tries the addresses in their order.
func dialTCP(ctx context.Context, addrs []netip.Addr, port uint16) (carrier, error) {
	d := net.Dialer{
		Timeout: connectTimeout, KeepAliveConfig: tcpKeepAlive,
		Control: func(_, _ string, conn syscall.RawConn) error { return setUserTimeout(conn, userTimeout) },
	}
	conn, err := dialFirst(ctx, &d, "tcp", addrs, port)
	if err != nil {
		return nil, err
	}
	return &stream{conn: conn, buffer: make([]byte, streamBuffer)}, nil
}

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

// stream is a carrier that keeps no messages.
type stream struct {
	conn   net.Conn
	buffer []byte
}

func (s *stream) send(ctx context.Context, m transport.Message) (int, error) {
	return writeAll(ctx, s.conn, m.Data)
}

func (s *stream) recv() (transport.Message, error) {
	n, err := s.conn.Read(s.buffer)
	if n > 0 {
		return transport.Message{Data: slices.Clone(s.buffer[:n])}, nil
	}
	return transport.Message{}, err
}

func (s *stream) done() <-chan struct{}    { return nil }
func (s *stream) lossy() bool              { return false }
func (s *stream) limit() int               { return 0 }
func (s *stream) shutdown(context.Context) { s.conn.Close() }
func (s *stream) abort(string)             { s.conn.Close() }
func (s *stream) local() net.Addr          { return s.conn.LocalAddr() }
func (s *stream) remote() net.Addr         { return s.conn.RemoteAddr() }
