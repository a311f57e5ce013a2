//go:build unix

package tcp

import (
	"net"
	"syscall"
)

// awaitReset waits until the connection has failed, and says how, or until its
// read deadline has passed or it was closed here: then it returns nil.
func awaitReset(conn *net.TCPConn) (failed error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	_ = raw.Read(func(fd uintptr) bool {
		// Every event of the socket comes here; data is none that counts.
		n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
		if err == nil && n != 0 {
			failed = syscall.Errno(n)
		}
		return failed != nil
	})
	return failed
}
