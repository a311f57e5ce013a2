package announce

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	// DefaultTTL is RSPLIB's, and just below the traditional threshold of a site:
	// whoever is farther away has other registrars.
	DefaultTTL = 30
	// MaxTTL is the largest there is.
	MaxTTL = 255
	// sendTimeout bounds what a full socket buffer can cost the sender; the next
	// announcement is not far.
	sendTimeout = 10 * time.Millisecond
)

// ErrNoInterface says that no interface can reach the group: none has a local
// address of its family, or none of those chosen.
var ErrNoInterface = errors.New("no interface here has a local address of the group's family that can be used")

// Config is what Open needs.
type Config struct {
	// Group is a multicast address with its port.
	Group netip.AddrPort
	// Local are the addresses at which this end is reached: the group is used on the
	// interfaces that have them.
	Local []netip.Addr
	// Interfaces are the names of those to use, of the others none; nil is all.
	Interfaces []string
	// TTL is how many hops a datagram may make, 1 to MaxTTL; 0 is DefaultTTL.
	TTL int
}

// Group is one multicast group, on every interface that has one of the local
// addresses. Send, Receive and Close may be called concurrently, and each from one
// goroutine.
type Group struct {
	addr  *net.UDPAddr
	exits []exit
	conns []*net.UDPConn
	heard *net.UDPConn // nil before Join
}

// Open prepares to send to a group. Datagrams leave from the local addresses, so
// that SCTP is found where they came from, but from any port: 3863 and 9901 belong
// to SCTP over UDP, and the transports of a message tell the port.
func Open(c Config) (*Group, error) {
	if !c.Group.Addr().IsMulticast() || c.Group.Port() == 0 {
		return nil, fmt.Errorf("announce: want the address of a multicast group and a port, have %v", c.Group)
	}
	if c.TTL == 0 {
		c.TTL = DefaultTTL
	}
	group := netip.AddrPortFrom(c.Group.Addr().Unmap(), c.Group.Port())
	exits, err := exitsOf(c.Local, c.Interfaces, group.Addr().Is4())
	if err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	if len(exits) == 0 {
		return nil, fmt.Errorf("announce: %v: %w", group.Addr(), ErrNoInterface)
	}
	g := &Group{addr: net.UDPAddrFromAddrPort(group), exits: exits}
	for _, e := range exits {
		conn, err := e.open(c.TTL)
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

// exitsOf finds the interfaces that have one of addrs, IPv4 or IPv6, and one of
// names where there are some. The loopback carries multicast on this host whether
// it says so or not.
func exitsOf(addrs []netip.Addr, names []string, v4 bool) ([]exit, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(i net.Interface) bool { return i.Name == name }) {
			return nil, fmt.Errorf("this host has no interface %q, it has %s", name, namesOf(all))
		}
	}
	var found []exit
	for _, i := range all {
		if len(names) > 0 && !slices.Contains(names, i.Name) {
			continue
		}
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

func namesOf(all []net.Interface) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return strings.Join(names, ", ")
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
func (e exit) open(ttl int) (*net.UDPConn, error) {
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

// Addr is the group's address and port.
func (g *Group) Addr() netip.AddrPort {
	at := g.addr.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

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
