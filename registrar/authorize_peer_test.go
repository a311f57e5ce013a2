package registrar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// SEC-05 SEC-11: only registrars are heard, each in its own name.
func TestWhoMayBePeer(t *testing.T) {
	tests := []struct {
		name string
		c    registrar.Credential
		as   wire.ServerID
		in   bool // gets in, and out with its first message
	}{
		{"unsecured", registrar.Credential{}, 0x70, false},
		{"anonymous", anonymous, 0x70, false},
		{"a user", someUser, 0x70, false},
		{"an element", elementCalled("x"), 0x70, false},
		{"an element with an ID", registrar.Credential{Role: registrar.RoleElement, Name: "x", Server: 0x70}, 0x70, false},
		{"a registrar without an ID", registrarCalled(0), 0x70, false},
		{"who has our ID", registrarCalled(self), self, false},
		{"as another one", registrarCalled(0x70), 0x80, true},
		{"as a known one", registrarCalled(0x70), 0x60, true},
		{"as this one", registrarCalled(0x70), self, true},
		{"as nobody", registrarCalled(0x70), 0, true},
	}
	messages := func(id wire.ServerID) []enrp.Message {
		return []enrp.Message{
			enrp.Presence{IDs: ids(id, 0), ReplyRequired: true, Checksum: 1, HasChecksum: true, Information: information(id, 70)},
			add(id, "echo", pe(2, 12)), removal(id, self, "echo", pe(1, 11)), removal(id, 0x60, "echo", pe(3, 13)),
			enrp.HandleTableRequest{IDs: ids(id, self)},
			enrp.ListRequest{IDs: ids(id, 0)},
			enrp.ListResponse{IDs: ids(id, self), Servers: []wire.ServerInformation{information(0x90, 90)}},
			enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids(id, 0), Target: 0x60}},
			enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids(id, 0), Target: 0x60}},
		}
	}
	for _, tt := range tests {
		for _, m := range messages(tt.as) {
			t.Run(tt.name+" sends a "+m.Type().String(), func(t *testing.T) {
				b := serving(t, secured)
				peer := b.peerAs(0x60, 60, registrarCalled(0x60))
				b.mustRegister(b.elementAs(11, elementCalled("x")), "echo", pe(1, 11))
				b.enrp(peer, add(0x60, "echo", pe(3, 13)))
				b.leavesNoTrace(peer, func() {
					a := b.upAs(registrar.ENRP, at(70, 9901), 0, tt.c)
					if got := b.r.Dump(); tt.in != strings.Contains(got, "3 inbound") {
						t.Errorf("the association takes a place: %t, want %t", !tt.in, tt.in)
					}
					for range 3 {
						b.enrp(a, m)
					}
					if len(b.sent[a]) > 0 || !cmp.Equal(b.ended, []registrar.AssociationID{a}) {
						t.Errorf("sent %x, ended %v: want no answer and an abort", b.sent[a], b.ended)
					}
					b.down(a)
				})
				name := "association.refused"
				if tt.in {
					name = "peer.refused"
				}
				if n := only[registrar.Noted](t, b.noted(name)); n.Level != registrar.Warn {
					t.Errorf("noted %+v, want a warning", n)
				}
			})
		}
	}
}

// A peer that once speaks as another is called again, like one that was lost.
func TestPeerSpeaksAsAnother(t *testing.T) {
	b := serving(t, secured)
	a := b.peerAs(0x60, 60, registrarCalled(0x60))
	b.advance(10 * time.Second)
	b.enrp(a, presence(0x70))
	b.enrp(a, presence(0x60)) // on its way meanwhile
	if len(b.sent[a]) > 0 || !cmp.Equal(b.ended, []registrar.AssociationID{a}) {
		t.Fatalf("sent %x, ended %v: want the association aborted", b.sent[a], b.ended)
	}
	b.down(a)
	again := b.upAs(registrar.ENRP, at(60, 9901), only[registrar.Dial](t, b.dials).ID, registrarCalled(0x60))
	if m := only[enrp.Presence](t, b.takeENRP(again)); m.Receiver != 0x60 {
		t.Errorf("the peer is greeted with %+v", m)
	}
}

// An association that is being aborted is not ended a second time, in good order.
func TestAbortedOnce(t *testing.T) {
	b := serving(t, secured)
	a := b.peerAs(0x60, 60, registrarCalled(0x60))
	b.enrp(a, presence(0x70))
	b.step(registrar.Stop{})
	if !cmp.Equal(b.ended, []registrar.AssociationID{a}) {
		t.Errorf("ended %v, want %v once", b.ended, a)
	}
}

// SEC-05: who answers a call has to be a registrar, and the one that is called.
func TestWhoAnswersTheCall(t *testing.T) {
	listed := enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{information(0x70, 70)}}
	for _, tt := range []struct {
		name string
		c    registrar.Credential
		may  bool
	}{
		{"itself", registrarCalled(0x70), true},
		{"another registrar", registrarCalled(0x80), false},
		{"an element", elementCalled("x"), false},
		{"an anonymous one", anonymous, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := serving(t, secured)
			peer := b.peerAs(0x60, 60, registrarCalled(0x60))
			b.enrp(peer, listed)
			a := b.upAs(registrar.ENRP, at(70, 9901), only[registrar.Dial](t, b.dials).ID, tt.c)
			if greeted := len(b.takeENRP(a)) > 0; greeted != tt.may || len(b.ended) == 0 != tt.may {
				t.Errorf("greeted: %t, ended %v, want %t", greeted, b.ended, tt.may)
			}
			if tt.may {
				return
			}
			b.down(a)
			b.advance(5 * time.Second)
			if got := b.r.Dump(); strings.Contains(got, "peer 0x00000070") {
				t.Errorf("who cannot be reached is still a peer:\n%s", got)
			}
		})
	}
}

// A configured peer that turns out to be none is tried again like one that is down.
func TestSeedIsNoRegistrar(t *testing.T) {
	cfg := config(self, 1, at(60, 9901))
	cfg.Secured = true
	b := idle(t, cfg)
	b.step(registrar.Start{})
	b.upAs(registrar.ENRP, at(60, 9901), only[registrar.Dial](t, b.dials).ID, elementCalled("x"))
	if n := only[registrar.Noted](t, b.noted("peer.unreachable")); !strings.Contains(n.Text, "is no registrar") {
		t.Errorf("noted %q, want why", n.Text)
	}
	if !cmp.Equal(b.ended, []registrar.AssociationID{b.next}) || len(b.noted("registrar.alone")) != 1 {
		t.Errorf("ended %v, noted %+v: want the start-up to go on alone", b.ended, b.notes)
	}
	b.dials = nil
	b.advance(cfg.PeerHeartbeatCycle)
	a := b.upAs(registrar.ENRP, at(60, 9901), only[registrar.Dial](t, b.dials).ID, registrarCalled(0x60))
	if m := only[enrp.Presence](t, b.takeENRP(a)); !m.ReplyRequired {
		t.Errorf("greeted with %+v, want a question", m)
	}
}

// Where the place of a configured peer is that of another registrar than others say,
// the one that is there is met, and the other one is not reached.
func TestSeedIsAnotherRegistrar(t *testing.T) {
	b := serving(t, secured, func(cfg *registrar.Config) { cfg.Peers = []registrar.Endpoint{at(60, 9901), at(70, 9901)} })
	first, second := b.dials[0], b.dials[1]
	a := b.upAs(registrar.ENRP, first.To, first.ID, registrarCalled(0x60))
	b.enrp(a, enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{information(0x70, 70)}})
	a = b.upAs(registrar.ENRP, second.To, second.ID, registrarCalled(0x80))
	if m := only[enrp.Presence](t, b.takeENRP(a)); m.Receiver != 0 || len(b.ended) > 0 {
		t.Errorf("greeted with %+v, ended %v: want a greeting to whoever it is", m, b.ended)
	}
	b.enrp(a, presence(0x80))
	got := b.r.Dump()
	if !strings.Contains(got, "peer 0x00000080: active") || !strings.Contains(got, "peer 0x00000070: suspect") {
		t.Errorf("peers:\n%s\nwant 0x80 active, 0x70 suspect", got)
	}
}

// What is heard on the multicast group proves nothing: it makes the registrar call,
// and whoever answers has to prove who it is. SEC-19 SEC-20
func TestHeardOnGroupProvesNothing(t *testing.T) {
	b := serving(t, secured, func(cfg *registrar.Config) { cfg.AnnounceENRP = true })
	b.advance(time.Minute)
	hear := func() registrar.Dial {
		t.Helper()
		b.dials = nil
		b.hear(60, announcement(0x60, 60, true))
		return only[registrar.Dial](t, b.dials)
	}
	b.upAs(registrar.ENRP, at(60, 9901), hear().ID, anonymous)
	if got := b.r.Dump(); strings.Contains(got, "peer") || strings.Contains(got, "seed") {
		t.Errorf("something is left of it:\n%s", got)
	}
	b.advance(time.Second)
	a := b.upAs(registrar.ENRP, at(60, 9901), hear().ID, registrarCalled(0x60))
	b.enrp(a, presence(0x60))
	if got := b.r.Dump(); !strings.Contains(got, "peer 0x00000060: active") {
		t.Errorf("no peer:\n%s", got)
	}
}
