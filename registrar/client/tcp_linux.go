package client

import (
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall lacks.
const tcpUserTimeout = 0x12

// setUserTimeout makes a connection fail when the other end acknowledges nothing,
// or reads nothing of what is sent, for d: keep-alives are not sent meanwhile.
func setUserTimeout(conn syscall.RawConn, d time.Duration) error {
	return conn.Control(func(fd uintptr) {
		// A system that does not know it is patient for longer.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
	})
}
