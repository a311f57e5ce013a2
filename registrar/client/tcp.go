package client

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"
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
	return &socket{conn: conn, buffer: make([]byte, streamBuffer)}, nil
}
