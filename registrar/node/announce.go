package node

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"rserpool/registrar"
	"rserpool/registrar/feed"
)

const (
	// announceTTL is the traditional threshold of a site: whoever is farther
	// away has other registrars.
	announceTTL = 32
	// announceTimeout bounds what a full socket buffer can cost a turn; the next
	// announce is a second away.
	announceTimeout = 10 * time.Millisecond
)

// announcer sends ASAP_SERVER_ANNOUNCEs to a multicast group (RFC 5352 section
// 3.6), from every interface that has an address of the ASAP endpoint.
type announcer struct {
	group *net.UDPAddr
	conns []*net.UDPConn
	// failed: the last announce did not go out everywhere.
	failed bool
}

func newAnnouncer(group netip.AddrPort, from []netip.Addr) (*announcer, error) {
	if !group.Addr().IsMulticast() || group.Port() == 0 {
		return nil, fmt.Errorf("node: announce: want the address of a multicast group and a port, have %v", group)
	}
	interfaces, err := interfacesOf(from, group.Addr().Is4())
	if err != nil {
		return nil, fmt.Errorf("node: announce: %w", err)
	}
	if len(interfaces) == 0 {
		return nil, fmt.Errorf("node: announce: no interface here has an ASAP address of the group's family, %v", group.Addr())
	}
	a := &announcer{group: net.UDPAddrFromAddrPort(group)}
	for _, i := range interfaces {
		conn, err := openAnnounce(i)
		if err != nil {
			a.close()
			return nil, fmt.Errorf("node: announce from %v over %s: %w", i.addr, i.Name, err)
		}
		a.conns = append(a.conns, conn)
	}
	return a, nil
}

// exit is an interface and the address of it to send from.
type exit struct {
	net.Interface
	addr netip.Addr
}

// interfacesOf finds the interfaces that have one of addrs, IPv4 or IPv6.
func interfacesOf(addrs []netip.Addr, v4 bool) ([]exit, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found []exit
	for _, i := range all {
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

// openAnnounce makes the sending socket. Programs on this host hear it too,
// which is the systems' default.
func openAnnounce(e exit) (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.addr, 0)))
	if err != nil {
		return nil, err
	}
	if e.addr.Is4() {
		p := ipv4.NewPacketConn(conn)
		err = errors.Join(p.SetMulticastInterface(&e.Interface), p.SetMulticastTTL(announceTTL))
	} else {
		p := ipv6.NewPacketConn(conn)
		err = errors.Join(p.SetMulticastInterface(&e.Interface), p.SetMulticastHopLimit(announceTTL))
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (a *announcer) send(now time.Time, data []byte) error {
	var errs []error
	for _, conn := range a.conns {
		errs = append(errs, conn.SetWriteDeadline(now.Add(announceTimeout)))
		_, err := conn.WriteToUDP(data, a.group)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (a *announcer) close() {
	for _, conn := range a.conns {
		conn.Close()
	}
}

// announce sends data to the group. A failure is noted when it begins.
func (n *Node) announce(now time.Time, data []byte) {
	if n.announcer == nil {
		return
	}
	err := n.announcer.send(now, data)
	if err != nil && !n.announcer.failed {
		n.note(now, registrar.Noted{Level: registrar.Warn, Event: feed.Event{
			Name: "announce.failed", Server: n.ID(), Text: fmt.Sprintf("cannot announce to %v: %v", n.announcer.group, err),
		}})
	}
	n.announcer.failed = err != nil
}
