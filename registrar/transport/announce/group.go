package announce

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	// ttl is RSPLIB's, and just below the traditional threshold of a site: whoever
	// is farther away has other registrars.
	ttl = 30
	// sendTimeout bounds what a full socket buffer can cost the sender; the next
	// announcement is not far.
	sendTimeout = 10 * time.Millisecond
)

// ErrNoInterface says that no interface can reach the group: none has a local
// address of its family.
var ErrNoInterface = errors.New("no interface here has a local address of the group's family that can be used")

// Group is one multicast group, on every interface that has one of the local
// addresses. Send, Receive and Close may be called concurrently, and each from one
// goroutine.
type Group struct {
	addr  *net.UDPAddr
	exits []exit
	conns []*net.UDPConn
	heard *net.UDPConn // nil before Join
}

// Open prepares to send to group. Datagrams leave from the local addresses, so
// that SCTP is found where they came from, but from any port: 3863 and 9901 belong
// to SCTP over UDP, and the transports of a message tell the port.
func Open(group netip.AddrPort, local []netip.Addr) (*Group, error) {
	if !group.Addr().IsMulticast() || group.Port() == 0 {
		return nil, fmt.Errorf("announce: want the address of a multicast group and a port, have %v", group)
	}
	group = netip.AddrPortFrom(group.Addr().Unmap(), group.Port())
	exits, err := exitsOf(local, group.Addr().Is4())
	if err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	if len(exits) == 0 {
		return nil, fmt.Errorf("announce: %v: %w", group.Addr(), ErrNoInterface)
	}
	g := &Group{addr: net.UDPAddrFromAddrPort(group), exits: exits}
	for _, e := range exits {
		conn, err := e.open()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("announce: %v from %v over %s: %w", group, e.addr, e.Name, err), g.Close())
		}
		g.conns = append(g.conns, conn)
	}
	return g, nil
}

// exit is an interface and the address of it to send from.
type exit struct {
	net.Interface
	addr netip.Addr
}

// exitsOf finds the interfaces that have one of addrs, IPv4 or IPv6. The loopback
// carries multicast on this host whether it says so or not.
func exitsOf(addrs []netip.Addr, v4 bool) ([]exit, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found []exit
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&(net.FlagMulticast|net.FlagLoopback) == 0 {
			continue
		}
		own, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		if addr, ok := firstOf(addrs, own, v4); ok {
			found = append(found, exit{i, addr})
		}
	}
	return found, nil
}

func firstOf(addrs []netip.Addr, own []net.Addr, v4 bool) (netip.Addr, bool) {
	for _, addr := range addrs {
		for _, o := range own {
			n, ok := o.(*net.IPNet)
			if ok && addr.Is4() == v4 && n.IP.Equal(addr.AsSlice()) {
				return addr, true
			}
		}
	}
	return netip.Addr{}, false
}

// open makes the sending socket. Programs on this host hear it too, which is the
// systems' default.
func (e exit) open() (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.addr, 0)))
	if err != nil {
		return nil, err
	}
	if e.addr.Is4() {
		p := ipv4.NewPacketConn(conn)
		err = errors.Join(p.SetMulticastInterface(&e.Interface), p.SetMulticastTTL(ttl))
	} else {
		p := ipv6.NewPacketConn(conn)
		err = errors.Join(p.SetMulticastInterface(&e.Interface), p.SetMulticastHopLimit(ttl))
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// String is the group as the command line has it.
func (g *Group) String() string { return g.addr.String() }

// Send sends one datagram over all interfaces. The error tells of those that did
// not take it.
func (g *Group) Send(now time.Time, data []byte) error {
	var errs []error
	for _, conn := range g.conns {
		errs = append(errs, conn.SetWriteDeadline(now.Add(sendTimeout)))
		_, err := conn.WriteToUDP(data, g.addr)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Close ends Receive, and gives the ports back.
func (g *Group) Close() error {
	var errs []error
	for _, conn := range g.conns {
		errs = append(errs, conn.Close())
	}
	if g.heard != nil {
		errs = append(errs, g.heard.Close())
	}
	return errors.Join(errs...)
}
