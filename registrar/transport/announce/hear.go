package announce

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// maxDatagram is the longest datagram that is read: an announcement with dozens of
// addresses fits, and what does not come in one Ethernet frame is none.
const maxDatagram = 1472

// Join makes the group heard, on the interfaces it is sent to: whoever is heard on
// another one cannot be reached from here. beside are the sockets of this process
// that may be bound to the group's port and to all addresses; they and the group's
// do not take each other's datagrams. Join is called once, before Receive.
func (g *Group) Join(beside ...syscall.Conn) error {
	conn, err := listen(g.addr.AddrPort(), beside)
	if err != nil {
		return fmt.Errorf("announce: cannot listen to %v: %w", g, err)
	}
	for _, e := range g.exits {
		to := &net.UDPAddr{IP: g.addr.IP}
		if e.addr.Is4() {
			err = ipv4.NewPacketConn(conn).JoinGroup(&e.Interface, to)
		} else {
			err = ipv6.NewPacketConn(conn).JoinGroup(&e.Interface, to)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("announce: cannot join %v on %s: %w", g, e.Name, err), conn.Close())
		}
	}
	g.heard = conn
	return nil
}

// Receive gives the next datagram of the group, this process's own among them,
// and where it says it is from. Datagrams that are too long for an announcement
// are left out. The error is net.ErrClosed after Close.
func (g *Group) Receive() (data []byte, from netip.AddrPort, err error) {
	var b [maxDatagram + 1]byte
	for {
		n, from, err := g.heard.ReadFromUDPAddrPort(b[:])
		if err != nil {
			return nil, netip.AddrPort{}, fmt.Errorf("announce: %v is not heard any more: %w", g, err)
		}
		if n <= maxDatagram {
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			return append([]byte(nil), b[:n]...), from, nil
		}
	}
}
