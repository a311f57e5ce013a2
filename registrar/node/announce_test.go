package node_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
)

// announcing is a registrar on the loopback that announces itself to a group.
func announcing(group netip.AddrPort) node.Config {
	loopback := at(netip.MustParseAddr("127.0.0.1"), 0)
	c := node.Config{
		Registrar: registrar.DefaultConfig(), Transport: udp.New(), Announce: group,
		ASAP: []transport.Address{loopback}, ENRP: []transport.Address{loopback},
	}
	c.Registrar.ID = idA
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

// ASAP-3.6-01
func TestAnnounce(t *testing.T) {
	conn := loopbackGroup(t)
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	c := announcing(netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 255, 1, 9}), port))
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

func TestAnnounceErrors(t *testing.T) {
	tests := []struct{ name, group, want string }{
		{"no group", "192.0.2.1:3863", "multicast"},
		{"no port", "239.255.1.9:0", "port"},
		{"another family than the endpoint's", "[ff05::133]:3863", "family"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := node.Start(context.Background(), announcing(netip.MustParseAddrPort(tt.group)))
			if err == nil {
				n.Stop(context.Background())
				t.Fatal("Start succeeded")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Start: %v, want %q in it", err, tt.want)
			}
		})
	}
}
