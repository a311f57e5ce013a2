package tcp

import (
	"syscall"
	"testing"
)

// deafen makes the system throw away whatever comes for the listeners and their
// associations, as if the way between them were cut.
func deafen(t *testing.T, all ...*listener) {
	t.Helper()
	for _, l := range all {
		l.mu.Lock()
		for _, s := range l.sockets {
			drop(t, s)
		}
		for a := range l.associations {
			drop(t, a.conn)
		}
		l.mu.Unlock()
	}
}

func drop(t *testing.T, s syscall.Conn) {
	t.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	nothing := []syscall.SockFilter{{Code: syscall.BPF_RET | syscall.BPF_K}} // return 0: keep no byte
	//nolint:staticcheck // golang.org/x/net attaches filters to packet sockets only
	if cerr := raw.Control(func(fd uintptr) { err = syscall.AttachLsf(int(fd), nothing) }); cerr != nil || err != nil {
		t.Fatalf("no filter for the socket: %v, %v", cerr, err)
	}
}
