package registrar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// limited is a registrar with element 1 of echo, which came over the association pe, a
// user, a peer, and one limit that is low.
type limited struct {
	*bench
	pe, user, peer registrar.AssociationID
}

// without wants cause 6 and R=1 for a registration that a limit stands against.
func (s *limited) without(handle wire.PoolHandle, e wire.PoolElement) {
	s.t.Helper()
	answer := s.register(s.pe, handle, e)
	if !answer.Reject || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseLackOfResources}) {
		s.t.Errorf("%v in %q answered with %+v, want R=1 and cause 6", e.ID, handle, answer)
	}
}

// turned wants the next association not to be kept.
func (s *limited) turned(host byte) {
	s.t.Helper()
	if a := s.element(host); !slices.Contains(s.ended, a) {
		s.t.Errorf("the association with host %d is kept", host)
	}
}

type limitCase struct {
	set func(c *registrar.Config)
	// fill goes up to the limit, bite beyond it, once.
	fill, bite func(s *limited)
}

var limitCases = map[registrar.Limit]limitCase{
	registrar.LimitElements: {
		func(c *registrar.Config) { c.Limits.Elements = 3 },
		func(s *limited) { s.mustRegister(s.pe, "echo", pe(2, 11), pe(3, 11)) },
		func(s *limited) { s.without("echo", pe(4, 11)) },
	},
	registrar.LimitPools: {
		func(c *registrar.Config) { c.Limits.Pools = 2 },
		func(s *limited) { s.mustRegister(s.pe, "web", pe(1, 11)) },
		func(s *limited) { s.without("mail", pe(1, 11)) },
	},
	registrar.LimitElementsPerPool: {
		func(c *registrar.Config) { c.Limits.ElementsPerPool = 3 },
		func(s *limited) { // peers are not refused, and count
			for id := range wire.PEIdentifier(4) {
				s.enrp(s.peer, enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x60, pe(10+id, 12))})
			}
			s.mustRegister(s.pe, "web", pe(4, 11))
			if got := s.listed("echo"); len(got) != 5 {
				s.t.Errorf("pool is %v, want those of the peer in it", got)
			}
		},
		func(s *limited) { s.without("echo", pe(4, 11)) },
	},
	registrar.LimitElementsPerAssociation: {
		func(c *registrar.Config) { c.Limits.ElementsPerAssociation = 2 },
		func(s *limited) { s.mustRegister(s.pe, "echo", pe(2, 11)) },
		func(s *limited) { s.without("echo", pe(3, 11)) },
	},
	registrar.LimitRegistrations: {
		func(c *registrar.Config) { c.Limits.Registrations = 2 },
		func(s *limited) {
			s.mustRegister(s.pe, "echo", pe(2, 11))
			for range 5 { // those that are here come as often as they like
				s.mustRegister(s.pe, "echo", pe(1, 11), pe(2, 11))
			}
			s.advance(time.Second)
			s.mustRegister(s.pe, "echo", pe(3, 11), pe(4, 11))
		},
		func(s *limited) { s.without("echo", pe(5, 11)) },
	},
	registrar.LimitHandleLength: {
		func(c *registrar.Config) { c.Limits.HandleLength = 8 },
		func(s *limited) { s.mustRegister(s.pe, "12345678", pe(1, 11)) },
		func(s *limited) { s.without("123456789", pe(1, 11)) },
	},
	registrar.LimitAssociations: {
		func(c *registrar.Config) { c.Limits.Associations = 4 },
		func(s *limited) { s.element(13) },
		func(s *limited) { s.turned(14) },
	},
	registrar.LimitUnproven: {
		func(c *registrar.Config) { c.Limits.Associations, c.Secured, c.PlainUsers = 4, true, true },
		func(s *limited) { s.element(13) }, // the user is one, too
		func(s *limited) { s.turned(14) },
	},
	registrar.LimitPeers: {
		func(c *registrar.Config) { c.Limits.Peers = 1 },
		func(*limited) {},
		func(s *limited) { s.enrp(s.peer, presence(0x70)) },
	},
	registrar.LimitHolds: {
		func(c *registrar.Config) { c.Limits.Holds = 1 },
		func(s *limited) {
			s.mustRegister(s.pe, "echo", pe(2, 11), pe(3, 11))
			s.step(registrar.Deregister{Handle: "echo", ID: 2, Hold: time.Hour})
		},
		func(s *limited) {
			s.step(registrar.Deregister{Handle: "echo", ID: 3, Hold: time.Hour})
			if last := s.answers[len(s.answers)-1]; last.Outcome != registrar.NoRoomForHold {
				s.t.Errorf("the second hold: %+v", last)
			}
		},
	},
	registrar.LimitPeerHolds: {
		func(c *registrar.Config) { c.Limits.Holds = 1 },
		func(s *limited) {
			s.enrp(s.peer, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 1000, Handle: "echo", Element: 3})
		},
		func(s *limited) {
			s.takeENRP(s.peer)
			s.enrp(s.peer, enrp.Hold{IDs: ids(0x60, 0), ID: 8, Left: 1000, Handle: "echo", Element: 4})
			if m := only[enrp.HoldAck](s.t, s.takeENRP(s.peer)); !m.NotHonoured {
				s.t.Errorf("the second hold of a peer: %+v", m)
			}
		},
	},
	registrar.LimitTableDownloads: {
		func(c *registrar.Config) { c.Limits.Downloads = 1 },
		func(s *limited) {
			s.fill(s.pe, "big", 2000)
			s.enrp(s.peer, enrp.HandleTableRequest{IDs: ids(0x60, self)})
		},
		func(s *limited) {
			q := s.bench.peer(0x70, 70)
			s.enrp(q, enrp.HandleTableRequest{IDs: ids(0x70, self)})
			if m := only[enrp.HandleTableResponse](s.t, s.takeENRP(q)); !m.Reject {
				s.t.Error("the second download is served")
			}
		},
	},
	registrar.LimitSubscriptions: {
		func(c *registrar.Config) { c.Limits.Subscriptions = 1 },
		func(s *limited) {
			s.mustRegister(s.pe, "web", pe(1, 11))
			s.asap(s.user, asap.HandleResolution{Handle: "web", Subscribe: true})
		},
		func(s *limited) {
			s.takeASAP(s.user)
			s.asap(s.user, asap.HandleResolution{Handle: "echo", Subscribe: true})
			if m := only[asap.HandleResolutionResponse](s.t, s.takeASAP(s.user)); m.Accepted || len(m.Elements) != 1 {
				s.t.Errorf("the second subscription: %+v, want an answer with A=0", m)
			}
		},
	},
	registrar.LimitReports: {
		func(c *registrar.Config) { c.Limits.Reports = 2 },
		func(s *limited) {
			for range 2 {
				s.asap(s.user, asap.EndpointUnreachable{Handle: "echo", ID: 1})
			}
		},
		func(s *limited) { s.asap(s.user, asap.EndpointUnreachable{Handle: "echo", ID: 1}) },
	},
	registrar.LimitResolveItems: {
		func(c *registrar.Config) { c.MaxResolveItems = 1 },
		func(s *limited) {
			s.mustRegister(s.pe, "echo", pe(2, 11))
			s.asap(s.user, asap.HandleResolution{Handle: "echo", Items: 1})
		},
		func(s *limited) {
			s.takeASAP(s.user)
			s.asap(s.user, asap.HandleResolution{Handle: "echo", Items: 2})
			if m := only[asap.HandleResolutionResponse](s.t, s.takeASAP(s.user)); len(m.Elements) != 1 {
				s.t.Errorf("answer %+v, want one element", m)
			}
		},
	},
	registrar.LimitBadPEReport: {
		func(c *registrar.Config) { c.MaxBadPEReport = 1 },
		func(s *limited) {
			s.mustRegister(s.pe, "echo", pe(2, 11))
			s.asap(s.user, asap.EndpointUnreachable{Handle: "echo", ID: 2})
		},
		func(s *limited) {
			s.asap(s.element(21), asap.EndpointUnreachable{Handle: "echo", ID: 2})
			if got := s.listed("echo"); len(got) != 1 {
				s.t.Errorf("elements %v, want the reported one removed", got)
			}
		},
	},
	registrar.LimitAdoptionRate: {
		func(c *registrar.Config) { c.AdoptionRate = 1 },
		func(s *limited) {
			for id := range wire.PEIdentifier(2) {
				s.enrp(s.peer, enrp.HandleUpdate{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x60, pe(10+id, 12))})
			}
			s.down(s.peer)
		},
		func(s *limited) { s.advance(3 * time.Minute) }, // the peer is dead, its elements are asked in turn
	},
}

// quiet are limits that do what they are for, and refuse nobody.
var quiet = []registrar.Limit{registrar.LimitResolveItems, registrar.LimitBadPEReport, registrar.LimitAdoptionRate}

// Whatever limit is reached, who is beyond it hears so, it is counted and told once,
// nothing is half done, and others are served as before.
//
// SEC-27 TMR-24
func TestLimits(t *testing.T) {
	for l := range registrar.LimitKinds {
		t.Run(l.String(), func(t *testing.T) {
			tt, ok := limitCases[l]
			if !ok {
				t.Fatal("no case shows what happens when it is reached")
			}
			s := &limited{bench: serving(t, tt.set)}
			s.pe = s.upAs(registrar.ASAP, at(11, 40011), 0, elementCalled("e1"))
			s.user = s.element(20)
			s.peer = s.upAs(registrar.ENRP, at(60, 9901), 0, registrarCalled(0x60))
			s.enrp(s.peer, presence(0x60))
			s.mustRegister(s.pe, "echo", pe(1, 11))
			tt.fill(s)
			if hits := s.r.Tally().Limits; hits != [registrar.LimitKinds]uint64{} {
				t.Fatalf("hits %v before the limit was passed", hits)
			}
			used := s.used()
			tt.bite(s)
			s.wantHit(l)
			if l == registrar.LimitTableDownloads {
				used["max_peers"], used["max_associations"] = 2, 4 // it came for that
			}
			if l < registrar.LimitResolveItems {
				if diff := cmp.Diff(used, s.used()); diff != "" {
					t.Errorf("used (-before +after):\n%s", diff)
				}
			}
			s.mustRegister(s.pe, "echo", pe(1, 11))
			s.asap(s.user, asap.HandleResolution{Handle: "echo", Items: 1})
			if m := all[asap.HandleResolutionResponse](s.takeASAP(s.user)); len(m) == 0 || len(m[len(m)-1].Elements) != 1 {
				t.Errorf("a user is answered with %+v", m)
			}
		})
	}
}

// wantHit wants that one limit was reached, once, and one event that tells so.
func (s *limited) wantHit(l registrar.Limit) {
	s.t.Helper()
	var want [registrar.LimitKinds]uint64
	want[l] = 1
	if diff := cmp.Diff(want, s.r.Tally().Limits); diff != "" {
		s.t.Errorf("hits (-want +got):\n%s", diff)
	}
	told := s.noted("limit.reached")
	if slices.Contains(quiet, l) {
		if len(told) > 0 {
			s.t.Errorf("told %v of what is as it should be", told)
		}
		return
	}
	if len(told) != 1 || told[0].Level != registrar.Warn || !strings.HasPrefix(told[0].Text, l.String()+" is ") {
		s.t.Fatalf("told %v, want one warning of %v", told, l)
	}
	for _, u := range s.r.LimitsInUse() {
		if u.Name == l.String() && (u.Hits != 1 || u.Off || !strings.Contains(told[0].Text, fmt.Sprintf(" is %d: ", u.Limit))) {
			s.t.Errorf("%+v; event %q", u, told[0].Text)
		}
	}
}

// A flood is counted whole, and told of once in ten seconds.
func TestLimitIsToldInTurn(t *testing.T) {
	b := serving(t, func(c *registrar.Config) { c.Limits.Elements = 1 })
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	for range 100 {
		b.register(a, "echo", pe(2, 11))
		b.advance(time.Second / 10)
	}
	b.register(a, "echo", pe(2, 11))
	if hits, told := b.r.Tally().Limits[registrar.LimitElements], len(b.noted("limit.reached")); hits != 101 || told != 2 {
		t.Errorf("%d hits, told %d times, want 101 and 2", hits, told)
	}
}
