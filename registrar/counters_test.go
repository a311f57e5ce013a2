package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
)

func TestCounters(t *testing.T) {
	b := serving(t, interval(15*time.Second), func(cfg *registrar.Config) { cfg.MaxBadPEReport = 1 })
	p := b.peer(0x60, 60)
	a, user := b.element(11), b.element(12)
	before := b.r.Counters()
	b.mustRegister(a, "echo", pe(1, 11))
	b.mustRegister(a, "echo", pe(1, 11))
	b.mustRegister(a, "echo", pe(2, 11))
	if answer := b.register(user, "echo", pe(3, 13)); !answer.Reject {
		t.Fatal("registered from another address than the association's")
	}
	b.asap(user, asap.HandleResolution{Handle: "echo"})
	b.asap(user, asap.HandleResolution{Handle: "none"})
	b.step(registrar.Deregister{Request: 1, Handle: "echo", ID: 2})
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(9, 19))})
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Action: enrp.DelPE, Handle: "echo", Element: of(0x60, pe(9, 19))})
	b.asap(user, asap.EndpointUnreachable{Handle: "echo", ID: 1})
	b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	b.asap(user, asap.EndpointUnreachable{Handle: "echo", ID: 1})
	b.mustRegister(a, "echo", pe(4, 11))
	b.asap(a, asap.Deregistration{Handle: "echo", ID: 4})
	got := b.r.Counters()
	want := feed.Counters{
		At: got.At, Registrations: 3, Reregistrations: 1, Refused: 1,
		ByPE: 1, ByOperator: 1, ByUnreachable: 1, ByPeer: 1,
		Resolutions: 1, Unresolved: 1, KeepAlives: 1, Acknowledged: 1, Reports: 2,
		ENRPIn: before.ENRPIn + 2, UpdatesIn: 2, PresencesIn: before.PresencesIn,
		ENRPOut: before.ENRPOut + 7, UpdatesOut: 7, PresencesOut: before.PresencesOut,
		Associations: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	b.down(user)
	if got := b.r.Counters().Associations; got != 1 {
		t.Errorf("%d associations with elements and users, want 1: one is gone, and that of the peer is none", got)
	}
}

// An element that goes is gone for a reason, in a way, and at somebody's word.
func TestRemovalsSayWhoAndWhy(t *testing.T) {
	tests := []struct {
		origin, actor string
		remove        func(b *bench, element, peer registrar.AssociationID)
	}{
		{"pe", "192.0.2.11:40011", func(b *bench, a, _ registrar.AssociationID) {
			b.asap(a, asap.Deregistration{Handle: "echo", ID: 1})
		}},
		{"operator", "192.0.2.200", func(b *bench, _, _ registrar.AssociationID) {
			b.step(registrar.Deregister{Request: 1, Handle: "echo", ID: 1, By: "192.0.2.200"})
		}},
		{"expiry", "", func(b *bench, _, _ registrar.AssociationID) { b.advance(time.Hour) }},
		{"unreachable", "192.0.2.12:40012", func(b *bench, _, _ registrar.AssociationID) {
			user := b.element(12)
			for range 4 {
				b.asap(user, asap.EndpointUnreachable{Handle: "echo", ID: 1})
			}
		}},
		{"peer", "0x00000060", func(b *bench, _, p registrar.AssociationID) {
			b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(2, 12))})
			b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Action: enrp.DelPE, Handle: "echo", Element: of(0x60, pe(2, 12))})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.origin, func(t *testing.T) {
			b := serving(t, interval(0))
			p := b.peer(0x60, 60)
			a := b.element(11)
			b.mustRegister(a, "echo", pe(1, 11))
			b.notes = nil
			tt.remove(b, a, p)
			n := only[registrar.Noted](t, b.noted("element.removed"))
			if n.Origin != tt.origin || n.Actor != tt.actor || n.Text == "" {
				t.Errorf("removed by %q at the word of %q, reason %q; want %q, %q and a reason", n.Origin, n.Actor, n.Text, tt.origin, tt.actor)
			}
		})
	}
}
