package client_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/transport/announce"
	"rserpool/registrar/wire"
)

// A client that knows no registrar learns of one by multicast. ASAP-6.6-08
func TestAnnouncements(t *testing.T) {
	probe, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.1.9"), probe.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	probe.Close()
	g, err := announce.Open(announce.Config{Group: group, Local: []netip.Addr{loopback}})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Send(time.Now(), []byte("?")); errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Skipf("no route to %v here: %v", group, err)
	}
	_, stop, err := launch(group)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	c := dialUp(t, client.Config{Announcements: []netip.AddrPort{group}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := c.Register(ctx, client.Element{Pool: "EchoPool", User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7}}); err != nil {
		t.Errorf("registered at nobody: %v", err)
	}
}
