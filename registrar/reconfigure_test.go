package registrar_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// reconfigure gives who is called, and what is wrong.
func (b *bench) reconfigure(ev registrar.Reconfigure) (called []string, wrong error) {
	b.t.Helper()
	for _, e := range b.step(ev) {
		switch e := e.(type) {
		case registrar.Reconfigured:
			wrong = e.Err
			if e.Request != ev.Request {
				b.t.Errorf("request %d is answered as %d", ev.Request, e.Request)
			}
		case registrar.Dial:
			called = append(called, e.To.String())
		}
	}
	return called, wrong
}

func TestReconfigureRefuses(t *testing.T) {
	loose := func(addr string) registrar.Endpoint {
		return registrar.Endpoint{Addrs: []netip.Addr{netip.MustParseAddr(addr)}, Port: 9901}
	}
	for _, tt := range []struct {
		name string
		peer registrar.Endpoint
		want string
	}{
		{"no port", registrar.Endpoint{Addrs: at(60, 0).Addrs}, "needs a port"},
		{"no address", registrar.Endpoint{Port: 9901}, "needs a port and an address"},
		{"wildcard", loose("0.0.0.0"), "concrete unicast"},
		{"multicast", loose("239.0.0.51"), "concrete unicast"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t)
			b.notes = nil
			before := b.r.Dump()
			called, wrong := b.reconfigure(registrar.Reconfigure{
				Request: 7, Peers: []registrar.Endpoint{at(60, 9901), tt.peer}, Protected: []wire.PoolHandle{"echo"},
			})
			if wrong == nil || !strings.Contains(wrong.Error(), tt.want) {
				t.Errorf("error %v, want %q", wrong, tt.want)
			}
			if diff := cmp.Diff(before, b.r.Dump()); diff != "" || len(called) > 0 || len(b.notes) > 0 {
				t.Errorf("called %v, noted %v, state (-before +after):\n%s", called, b.notes, diff)
			}
		})
	}
}

func TestReconfigurePeers(t *testing.T) {
	two := registrar.Endpoint{Addrs: append(at(60, 0).Addrs, at(61, 0).Addrs...), Port: 9901}
	turned := registrar.Endpoint{Addrs: []netip.Addr{two.Addrs[1], two.Addrs[0]}, Port: 9901}
	for _, tt := range []struct {
		name   string
		peers  []registrar.Endpoint
		called []string
	}{
		{"the same", []registrar.Endpoint{two}, nil},
		{"its addresses in another order", []registrar.Endpoint{turned}, nil},
		{"itself", []registrar.Endpoint{two, at(1, 9901)}, nil},
		{"twice", []registrar.Endpoint{at(70, 9901), at(70, 9901)}, []string{"192.0.2.70:9901"}},
		{"a known one by another address", []registrar.Endpoint{at(61, 9901)}, nil},
		{"another port", []registrar.Endpoint{at(60, 9902)}, []string{"192.0.2.60:9902"}},
		{"none", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(self, 1, two)
			cfg.KeepAliveInterval = 0
			b := idle(t, cfg)
			b.step(registrar.Start{})
			a := b.up(registrar.ENRP, two, b.dials[0].ID)
			b.enrp(a, enrp.ListResponse{IDs: enrp.IDs{Sender: 0x60}, Reject: true})
			b.advance(cfg.RetryWait * 4) // it starts alone, and knows 0x60
			called, wrong := b.reconfigure(registrar.Reconfigure{Peers: tt.peers})
			if diff := cmp.Diff(tt.called, called); diff != "" || wrong != nil {
				t.Errorf("error %v, called (-want +got):\n%s", wrong, diff)
			}
			if len(b.ended) > 0 {
				t.Error("the association with a known peer was ended")
			}
		})
	}
}

// Somebody heard on the group is a stranger for some seconds; configured, it stays.
func TestReconfigureStranger(t *testing.T) {
	cfg := config(self, 1)
	cfg.AnnounceENRP = true
	b := idle(t, cfg)
	b.step(registrar.Start{})
	b.advance(cfg.MentorDiscovery)
	m := presence(0x60)
	m.Information = information(0x60, 60)
	data, err := enrp.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	b.step(registrar.Heard{From: netip.AddrPortFrom(at(60, 0).Addrs[0], 9901), Data: data})
	calls := len(b.dials)
	if called, wrong := b.reconfigure(registrar.Reconfigure{Peers: []registrar.Endpoint{at(60, 9901)}}); wrong != nil || calls != 1 || called != nil {
		t.Fatalf("error %v, called %d times before and now %v, want once and not again", wrong, calls, called)
	}
	b.step(registrar.DialFailed{Dial: b.dials[0].ID, Reason: "refused"})
	b.advance(cfg.PeerHeartbeatCycle)
	if len(b.dials) != 2 {
		t.Errorf("called %d times, want it tried again as one that is configured", len(b.dials))
	}
}

func TestReconfigureProtected(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Protected = []wire.PoolHandle{"echo"} })
	a := b.element(11)
	for _, handle := range []wire.PoolHandle{"echo", "web"} {
		b.mustRegister(a, handle, pe(1, 11))
	}
	if _, wrong := b.reconfigure(registrar.Reconfigure{Protected: []wire.PoolHandle{"web"}}); wrong != nil {
		t.Fatal(wrong)
	}
	b.step(registrar.Deregister{Request: 1, Handle: "echo", ID: 1})
	b.step(registrar.Deregister{Request: 2, Handle: "web", ID: 1})
	if got := []registrar.Outcome{b.answers[0].Outcome, b.answers[1].Outcome}; !cmp.Equal(got, []registrar.Outcome{registrar.Removed, registrar.ProtectedPool}) {
		t.Errorf("outcomes %v, want echo removed and web protected", got)
	}
}
