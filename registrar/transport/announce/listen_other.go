//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package announce

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// listen fails: here a socket cannot be bound to a group, and one that is bound to
// all addresses would take the datagrams of SCTP over UDP.
func listen(netip.AddrPort, []syscall.Conn) (*net.UDPConn, error) { return nil, errors.ErrUnsupported }
