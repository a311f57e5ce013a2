package tcp

import (
	"net"
	"time"

	"rserpool/registrar/transport"
)

// tune sets limits and loss detection of a new connection. What a system does not
// know is left at its default: it costs memory or time, and nothing else.
func tune(conn *net.TCPConn, c transport.Config) {
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	interval := wholeSeconds(c.Heartbeat)
	_ = conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: interval, Interval: interval, Count: c.MaxMissed})
	setUserTimeout(conn, interval*time.Duration(c.MaxMissed+1))
}

// wholeSeconds rounds up: keep-alives know no finer time.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
