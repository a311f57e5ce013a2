//go:build !unix

package tcp

import "net"

// awaitReset cannot tell here: a failure shows in the next read.
func awaitReset(*net.TCPConn) error { return nil }
