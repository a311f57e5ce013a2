package rsplib

import (
	"net/netip"
	"slices"
	"testing"
)

// TestElementNetworks: elements and users of RSPLIB reach ours over IPv6 alone, and
// with an address in each of two networks, of which one fails.
func TestElementNetworks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario    string
		ours, theirs, who []string
		fails             bool
	}{
		{"IPv6", "rspserver and pingpongclient over IPv6 alone", []string{"fd00:0::1"}, []string{"fd00:0::11"}, []string{"fd00:0::21"}, false},
		{"both families", "rspserver with IPv4 and IPv6, pingpongclient with IPv6 alone", []string{"10.0.0.1", "fd00:0::1"}, []string{"10.0.0.11", "fd00:0::11"}, []string{"fd00:0::21"}, false},
		{"two networks", "rspserver and pingpongclient in two networks, of which the first fails: the element stays, and serves on", []string{"10.0.0.1", "10.0.1.1"}, []string{"10.0.0.11", "10.0.1.11"}, []string{"10.0.0.21", "10.0.1.21"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, 1, "registrar", c.scenario, func(s *scene) {
				h, p := s.host("r1", c.ours...), s.host("p1", c.theirs...)
				r := h.registrar(0x11111111, ourCalm...)
				p.rspserver("pingpong", 0xa0000001, 7001, r.at(asapPort), "-rereginterval=60000")
				e := r.awaitElements("PingPongPool", 1)[hex(0xa0000001)]
				if len(e.User.Addresses) != len(c.theirs) {
					s.Errorf("the element is at %v, want %v", e.User.Addresses, c.theirs)
				}
				r.awaitMore(2, "keepalive.acknowledged")
				w := s.host("u1", c.who...)
				near := slices.IndexFunc(h.addrs, func(a netip.Addr) bool { return a.Is4() == w.addrs[0].Is4() })
				u := w.pingpongclient(h.atAddr(near, asapPort))
				u.awaitMore(3, "from PE $a0000001")
				if !c.fails {
					return
				}
				s.cutAll(0)
				r.awaitMore(3, "keepalive.acknowledged")
				if len(r.state().elements("PingPongPool")) != 1 {
					s.Error("the element is gone")
				}
			})
		})
	}
}
