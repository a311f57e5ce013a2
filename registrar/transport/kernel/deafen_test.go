//go:build linux && !386

package kernel

import (
	"testing"

	"golang.org/x/sys/unix"
)

// drop lets the kernel keep no byte of what comes for s.
func drop(t *testing.T, s *socket) {
	t.Helper()
	nothing := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
	program := unix.SockFprog{Len: uint16(len(nothing)), Filter: &nothing[0]}
	err := s.control(func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	if err != nil {
		t.Fatalf("no filter for the socket: %v", err)
	}
}
