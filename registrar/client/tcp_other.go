//go:build !linux

package client

import (
	"syscall"
	"time"
)

// setUserTimeout has no portable form: what is not acknowledged is given up when
// the system does.
func setUserTimeout(syscall.RawConn, time.Duration) error { return nil }
