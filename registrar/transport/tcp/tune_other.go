//go:build !linux

package tcp

import (
	"net"
	"time"
)

// setUserTimeout has no portable form: unacknowledged data is given up when the
// system does.
func setUserTimeout(*net.TCPConn, time.Duration) {}
