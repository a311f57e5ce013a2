package node_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// onLoopback is a registrar on the loopback.
func onLoopback(id wire.ServerID) node.Config {
	loopback := at(netip.MustParseAddr("127.0.0.1"), 0)
	c := node.Config{
		Registrar: registrar.DefaultConfig(), Transport: udp.New(),
		ASAP: []transport.Address{loopback}, ENRP: []transport.Address{loopback},
	}
	c.Registrar.ID = id
	return c
}

// loopbackGroup joins a group on the loopback interface.
func loopbackGroup(t *testing.T) *net.UDPConn {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback == 0 {
			continue
		}
		conn, err := net.ListenMulticastUDP("udp4", &i, &net.UDPAddr{IP: net.IPv4(239, 255, 1, 9)})
		if err != nil {
			t.Skipf("no multicast on %s here: %v", i.Name, err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	t.Skip("no loopback interface here")
	return nil
}

// groupOf is the group that conn has joined.
func groupOf(conn *net.UDPConn) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 255, 1, 9}), conn.LocalAddr().(*net.UDPAddr).AddrPort().Port())
}

// ASAP-3.6-01
func TestAnnounce(t *testing.T) {
	conn := loopbackGroup(t)
	c := onLoopback(idA)
	c.AnnounceASAP = []netip.AddrPort{netip.MustParseAddrPort("[ff05::133]:3863"), groupOf(conn)} // one family suffices
	a := start(t, c)
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1500)
	n, _, err := conn.ReadFromUDP(b)
	if err != nil {
		t.Fatal(err)
	}
	d, err := asap.Parse(b[:n])
	if err != nil {
		t.Fatal(err)
	}
	m, ok := d.Message.(asap.ServerAnnounce)
	if !ok || m.Server != idA || len(m.Transports) != 1 || m.Transports[0].Port != a.ASAPAddrs()[0].Port() {
		t.Errorf("heard %+v, want the ASAP endpoint %v of %v", d.Message, a.ASAPAddrs(), idA)
	}
}

// Two registrars that know nothing of each other but the group become peers, and
// the second starts with the first as its mentor. INC-46
func TestFindEachOther(t *testing.T) {
	group := groupOf(loopbackGroup(t))
	serving, completed, met := make(chan wire.ServerID, 8), make(chan wire.ServerID, 8), make(chan wire.ServerID, 64)
	launch := func(id wire.ServerID, wait time.Duration) {
		c := onLoopback(id)
		c.AnnounceENRP = []netip.AddrPort{group}
		c.Registrar.MentorDiscovery = wait
		c.Publish = func(_ time.Time, changes []feed.Message) {
			for _, m := range changes {
				switch m := m.(type) {
				case feed.Event:
					if m.Name == "mentor.completed" {
						completed <- m.Server
					}
				case feed.RegistrarState:
					if m.Phase == feed.Serving {
						serving <- id
					}
				case feed.PeerState:
					if m.State == feed.Active {
						met <- m.Peer
					}
				}
			}
		}
		n, err := node.Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Stop(context.Background()) })
	}
	launch(idA, time.Millisecond)
	await(t, serving) // it hears only itself
	launch(idB, 20*time.Second)
	if mentor := await(t, completed); mentor != idA {
		t.Errorf("the mentor is %v, want %v", mentor, idA)
	}
	known := map[wire.ServerID]bool{}
	for len(known) < 2 {
		known[await(t, met)] = true
	}
	if !known[idA] || !known[idB] {
		t.Errorf("known are %v, want each by the other", known)
	}
}

// wide is SCTP over UDP that is bound to all addresses, and says so of the
// loopback only: tests are heard on no other interface.
type wide struct{ udp.Transport }

type wideListener struct {
	transport.Listener
	addrs []netip.AddrPort
}

func (w wide) Listen(c transport.Config) (transport.Listener, error) {
	addr := c.Local.Addrs[0]
	c.Local.Addrs = nil
	l, err := w.Transport.Listen(c)
	if err != nil {
		return nil, err
	}
	return wideListener{l, []netip.AddrPort{netip.AddrPortFrom(addr, l.Addrs()[0].Port())}}, nil
}

func (l wideListener) Addrs() []netip.AddrPort { return l.addrs }

func (l wideListener) Sockets() []syscall.Conn {
	return l.Listener.(interface{ Sockets() []syscall.Conn }).Sockets()
}

// ENRP's own port on all addresses can be the group's, as it is by default.
func TestGroupOnENRPPort(t *testing.T) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	conn.Close()
	c := onLoopback(idA)
	c.Transport = wide{}
	c.ENRP[0].Port = port
	c.AnnounceENRP = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("239.255.1.9"), port)}
	a := start(t, c)
	if got := a.ENRPAddrs(); got[0].Port() != port {
		t.Errorf("ENRP is at %v, want port %d", got, port)
	}
}

// SEC-20: a flood of datagrams leaves room for associations, and blocks nobody.
func TestFlood(t *testing.T) {
	for waiting, want := range map[int]bool{0: true, node.HeardLimit - 1: true, node.HeardLimit: false, 2 * node.HeardLimit: false} {
		if got := node.Offer(waiting); got != want {
			t.Errorf("a datagram behind %d inputs: taken %v, want %v", waiting, got, want)
		}
	}
}

func TestAnnounceErrors(t *testing.T) {
	tests := []struct {
		name, group string
		want        string
	}{
		{"no group", "192.0.2.1:3863", "multicast"},
		{"no port", "239.255.1.9:0", "port"},
		{"another family than the endpoint's", "[ff05::133]:3863", "family"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, p := range []registrar.Protocol{registrar.ASAP, registrar.ENRP} {
				c := onLoopback(idA)
				groups := []netip.AddrPort{netip.MustParseAddrPort(tt.group)}
				if p == registrar.ASAP {
					c.AnnounceASAP = groups
				} else {
					c.AnnounceENRP = groups
				}
				n, err := node.Start(context.Background(), c)
				if err == nil {
					n.Stop(context.Background())
					t.Fatal("Start succeeded")
				}
				var which *node.AnnounceError
				if !errors.As(err, &which) || which.Protocol != p || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Start: %v, want that %v cannot announce and %q", err, p, tt.want)
				}
			}
		})
	}
}
