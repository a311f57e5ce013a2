package view

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/wire"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:                 "0 s",
		999 * time.Millisecond:       "0 s",
		41 * time.Second:             "41 s",
		4*time.Minute + 12*1e9:       "4 min 12 s",
		2 * time.Minute:              "2 min",
		time.Hour - 1:                "59 min 59 s",
		2*time.Hour + 14*time.Minute: "2 h 14 min",
		24 * time.Hour:               "1 d",
		292 * time.Hour:              "12 d 4 h",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestAges(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 21, 7, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Second:     "0 s ago",
		9 * time.Second:  "9 s ago",
		90 * time.Second: "1 min ago",
		25 * time.Hour:   "1 d ago",
		3 * time.Hour:    "3 h ago",
	} {
		if got := Ago(now.Add(-d), now); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	if got := Ago(time.Time{}, now); got != "–" {
		t.Errorf("never: %q, want –", got)
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	if got := Stamp(at); got != "4 Mar 2026, 04:06:07 UTC" {
		t.Errorf("Stamp is %q", got)
	}
	if got := Stamp(time.Time{}); got != "" {
		t.Errorf("Stamp of no time is %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -123: "-123"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) is %q, want %q", n, got, want)
		}
	}
	for load, want := range map[uint32]string{0: "0 %", math.MaxUint32: "100 %", math.MaxUint32 / 2: "50 %", 1185410973: "27.6 %", 1: "0 %"} {
		if got := Percent(load); got != want {
			t.Errorf("Percent(%d) is %q, want %q", load, got, want)
		}
	}
}

func TestTransport(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::9")
	tests := []struct {
		in   wire.Transport
		want string
	}{
		{wire.Transport{}, "–"},
		{wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{v4}}, "sctp 192.0.2.7:7"},
		{wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{v6, v4, v4}}, "sctp [2001:db8::9]:7 +2"},
		{wire.Transport{Type: wire.TypeTCPTransport, Port: 80, Addresses: []netip.Addr{v4}}, "tcp 192.0.2.7:80"},
		{wire.Transport{Type: wire.TypeUDPTransport, Port: 80, Addresses: []netip.Addr{v4}}, "udp 192.0.2.7:80"},
		{wire.Transport{Type: wire.TypeUDPLiteTransport, Port: 80, Addresses: []netip.Addr{v4}}, "udp-lite 192.0.2.7:80"},
		{wire.Transport{Type: wire.TypeDCCPTransport, Port: 80, Addresses: []netip.Addr{v4}}, "dccp 192.0.2.7:80"},
		{wire.Transport{Type: wire.TypeOpaqueTransport, Opaque: "abc"}, "opaque, 3 bytes"},
	}
	for _, tt := range tests {
		if got := Transport(tt.in); got != tt.want {
			t.Errorf("Transport(%+v) is %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestBar(t *testing.T) {
	tests := []struct {
		of, all, limit uint64
		want           Bar
	}{
		{0, 0, 0, Bar{"0", "0", "0"}},
		{1, 2, 2, Bar{"48", "48", "0"}},
		{5, 4, 4, Bar{"96", "96", "0"}},
		{100, 100, 90, Bar{"86", "86", "10"}},
		{math.MaxUint32, math.MaxUint32, highLoad, Bar{"86", "86", "10"}},
	}
	for _, tt := range tests {
		if got := newBar(tt.of, tt.all, tt.limit); got != tt.want {
			t.Errorf("bar of %d in %d, limit %d: %+v, want %+v", tt.of, tt.all, tt.limit, got, tt.want)
		}
	}
}
