package transport

import "syscall"

// Sockets are the UDP sockets of a listener that has some, for those that share
// their port with a multicast group; nobody else reads from them or writes to them.
func Sockets(l Listener) []syscall.Conn {
	if s, ok := l.(interface{ Sockets() []syscall.Conn }); ok {
		return s.Sockets()
	}
	return nil
}
