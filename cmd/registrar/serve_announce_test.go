package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport/announce"
)

// groupHere gives a group on the loopback, with a port that nobody else uses, and
// listens to it.
func groupHere(t *testing.T) (string, *announce.Group) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port
	conn.Close()
	addr := fmt.Sprintf("239.255.1.11:%d", port)
	g, err := announce.Open(announce.Config{
		Group: netip.MustParseAddrPort(addr), Local: []netip.Addr{netip.MustParseAddr("127.0.0.1")},
	})
	if err != nil {
		t.Fatal(err)
	}
	context.AfterFunc(t.Context(), func() { g.Close() })
	if err := g.Join(); err != nil {
		t.Fatal(err)
	}
	return addr, g
}

// TestFindEachOther: two registrars without --peer.
func TestFindEachOther(t *testing.T) {
	t.Parallel()
	group, _ := groupHere(t)
	first := launch(t, onLoopback("--enrp-announce", group, "--mentor-discovery", "1ms", "--id", "0xa")...)
	first.stderr.awaitText(t, "registrar.serving")
	second := launch(t, onLoopback("--enrp-announce", group, "--mentor-discovery", "20s", "--id", "0xb")...)
	second.stderr.awaitText(t, "mentor.completed")
	first.stderr.awaitText(t, "peer.discovered")
	for _, s := range []background{second, first} {
		if code := s.stop(); code != exitOK {
			t.Errorf("exit code %d after a stop, want 0; stderr:\n%s", code, s.stderr)
		}
	}
}

func TestASAPAnnounce(t *testing.T) {
	t.Parallel()
	group, g := groupHere(t)
	launch(t, onLoopback("--asap-announce", group, "--id", "0xa")...)
	type datagram struct {
		data []byte
		err  error
	}
	c := make(chan datagram, 1)
	go func() {
		data, _, err := g.Receive()
		c <- datagram{data, err}
	}()
	select {
	case got := <-c:
		d, err := asap.Parse(got.data)
		if m, ok := d.Message.(asap.ServerAnnounce); !ok || m.Server != 0xa || got.err != nil || err != nil {
			t.Errorf("heard %+v (%v, %v), want a server announce of 0xa", d.Message, got.err, err)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing heard in 20 s")
	}
}

func TestAnnounceUsage(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		code       int
		want       string
	}{
		{"TTL 0", "--asap-announce auto --announce-ttl 0", exitUsage, "--announce-ttl 0: want 1 to 255"},
		{"TTL 256", "--enrp-announce auto --announce-ttl 256", exitUsage, "--announce-ttl 256"},
		{"TTL of nothing", "--announce-ttl 3", exitUsage, "goes with --asap-announce or --enrp-announce"},
		{"interface of nothing", "--announce-interface lo", exitUsage, "goes with --asap-announce or --enrp-announce"},
		{"no such interface", "--asap-announce 239.1.2.3:3863 --announce-interface carrier-pigeon", exitFailure, `no interface "carrier-pigeon"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, onLoopback(strings.Fields(tt.args)...)...)
			if got.code != tt.code || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("code %d, stderr %q, want %d and %q", got.code, got.stderr, tt.code, tt.want)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	auto := enrpGroups
	tests := []struct {
		text string
		want []netip.AddrPort
		ok   bool
	}{
		{"off", nil, true},
		{"auto", auto, true},
		{"239.1.2.3:4", []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:4")}, true},
		{"[ff08::51]:9901", []netip.AddrPort{netip.MustParseAddrPort("[ff08::51]:9901")}, true},
		{"", nil, false},
		{"239.1.2.3", nil, false},
		{"239.1.2.3:0", nil, false},
		{"ff08::51:9901", nil, false},
		{"192.0.2.1:9901", nil, false},
		{"example.org:9901", nil, false},
	}
	for _, tt := range tests {
		got, err := groups("enrp-announce", tt.text, auto)
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" || (err == nil) != tt.ok {
			t.Errorf("%q: error %v, groups (-want +got):\n%s", tt.text, err, diff)
		}
	}
}
