package announce_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"rserpool/registrar/transport/announce"
)

var (
	loopback4 = netip.MustParseAddr("127.0.0.1")
	loopback6 = netip.IPv6Loopback()
)

// freePort gives a UDP port that nobody used a moment ago.
func freePort(t *testing.T) uint16 {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// open makes a group until the end of the test.
func open(t *testing.T, group netip.AddrPort, local netip.Addr) *announce.Group {
	t.Helper()
	g, err := announce.Open(announce.Config{Group: group, Local: []netip.Addr{local}})
	if errors.Is(err, announce.ErrNoInterface) {
		t.Skipf("no interface here has %v", local)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// joined is open, and heard.
func joined(t *testing.T, group netip.AddrPort, local netip.Addr) *announce.Group {
	t.Helper()
	g := open(t, group, local)
	if err := g.Join(); err != nil {
		t.Fatal(err)
	}
	return g
}

// datagram is one that a group was heard with.
type datagram struct {
	data []byte
	from netip.AddrPort
	err  error
}

// receive fails where nothing comes.
func receive(t *testing.T, g *announce.Group) datagram {
	t.Helper()
	c := make(chan datagram, 1)
	go func() {
		data, from, err := g.Receive()
		c <- datagram{data, from, err}
	}()
	select {
	case d := <-c:
		return d
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing heard of %v in 20 s", g)
		panic("unreachable")
	}
}

func TestGroup(t *testing.T) {
	for _, tt := range []struct {
		name  string
		local netip.Addr
		group string
	}{
		{"IPv4", loopback4, "239.255.1.9"},
		{"IPv6", loopback6, "ff05::1:9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			group := netip.AddrPortFrom(netip.MustParseAddr(tt.group), freePort(t))
			sender := joined(t, group, tt.local)
			other := joined(t, group, tt.local)
			err := sender.Send(time.Now(), []byte("here"))
			if errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) {
				t.Skipf("no route to %v here: %v", group, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range []*announce.Group{sender, other} { // itself too
				got := receive(t, g)
				if got.err != nil || string(got.data) != "here" || got.from.Addr() != tt.local {
					t.Errorf("heard %q from %v (%v), want it from %v", got.data, got.from, got.err, tt.local)
				}
			}
		})
	}
}

// A datagram leaves the link it is sent on, but by default not the site.
func TestTTL(t *testing.T) {
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.1.9"), freePort(t))
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(group)) // also bound to all addresses
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := ipv4.NewPacketConn(conn)
	loopback := loopbackInterface(t)
	err = errors.Join(p.JoinGroup(&loopback, net.UDPAddrFromAddrPort(group)),
		p.SetControlMessage(ipv4.FlagTTL, true), p.SetReadDeadline(time.Now().Add(20*time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ asked, want int }{{0, 30}, {1, 1}, {announce.MaxTTL, 255}} {
		g, err := announce.Open(announce.Config{Group: group, Local: []netip.Addr{loopback4}, Interfaces: []string{loopback.Name}, TTL: c.asked})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(g.Send(time.Now(), []byte("here")), g.Close()); err != nil {
			t.Fatal(err)
		}
		_, m, _, err := p.ReadFrom(make([]byte, 16))
		if err != nil || m.TTL != c.want {
			t.Errorf("TTL %d: heard with %+v (%v), want %d", c.asked, m, err, c.want)
		}
	}
}

func loopbackInterface(t *testing.T) net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i
		}
	}
	t.Skip("this host has no loopback")
	panic("unreachable")
}

// The port is that of SCTP over UDP on all addresses, as with --enrp :9901.
func TestPortInUse(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.1.9"), port)
	g := open(t, group, loopback4)
	if err := g.Join(); !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("Join: %v, want the port in use by another", err)
	}
	if err := g.Join(conn); err != nil {
		t.Fatal(err)
	}
	if again := open(t, group, loopback4).Join(); !errors.Is(again, syscall.EADDRINUSE) {
		t.Errorf("another Join: %v, want the port shared no longer", again)
	}
	unicast, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer unicast.Close()
	if _, err := unicast.Write([]byte("to one")); err != nil {
		t.Fatal(err)
	}
	if err := open(t, group, loopback4).Send(time.Now(), []byte("to all")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, g); string(got.data) != "to all" {
		t.Errorf("the group heard %q (%v), want only what is for it", got.data, got.err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	if n, err := conn.Read(b); err != nil || string(b[:n]) != "to one" {
		t.Errorf("the other socket heard %q (%v), want what is for it", b[:n], err)
	}
}

func TestLongDatagram(t *testing.T) {
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.1.9"), freePort(t))
	g := joined(t, group, loopback4)
	long, longest := make([]byte, 1473), bytes.Repeat([]byte{7}, 1472)
	for _, data := range [][]byte{long, longest} {
		if err := g.Send(time.Now(), data); err != nil {
			t.Fatal(err)
		}
	}
	if got := receive(t, g); !bytes.Equal(got.data, longest) {
		t.Errorf("heard %d bytes (%v), want the 1472 that came second", len(got.data), got.err)
	}
}

func TestClose(t *testing.T) {
	g := joined(t, netip.AddrPortFrom(netip.MustParseAddr("239.255.1.9"), freePort(t)), loopback4)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, g); !errors.Is(got.err, net.ErrClosed) {
		t.Errorf("Receive after Close: %v, want net.ErrClosed", got.err)
	}
	if err := g.Send(time.Now(), []byte("here")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Close: %v, want net.ErrClosed", err)
	}
}

func TestOpenErrors(t *testing.T) {
	tests := []struct {
		name, group string
		local       netip.Addr
		interfaces  []string
		want        string
	}{
		{"no group", "192.0.2.1:3863", loopback4, nil, "multicast"},
		{"no port", "239.255.1.9:0", loopback4, nil, "port"},
		{"another family", "[ff05::133]:3863", loopback4, nil, "family"},
		{"an address of another host", "239.255.1.9:3863", netip.MustParseAddr("198.51.100.7"), nil, "interface"},
		{"no such interface", "239.255.1.9:3863", loopback4, []string{loopbackInterface(t).Name, "carrier-pigeon"}, `no interface "carrier-pigeon", it has `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := announce.Open(announce.Config{
				Group: netip.MustParseAddrPort(tt.group), Local: []netip.Addr{tt.local}, Interfaces: tt.interfaces,
			})
			if err == nil {
				g.Close()
				t.Fatal("Open succeeded")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want %q in it", err, tt.want)
			}
		})
	}
}
