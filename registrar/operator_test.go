package registrar_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
)

func TestOperatorDeregisters(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.enrp(p, enrp.HandleUpdate{IDs: enrp.IDs{Sender: 0x60}, Handle: "echo", Element: of(0x60, pe(2, 12))})
	b.sent[p] = nil
	b.step(registrar.Deregister{Request: 1, Handle: "echo", ID: 9})
	b.step(registrar.Deregister{Request: 2, Handle: "echo", ID: 2})
	if got := b.takeENRP(p); len(got) > 0 {
		t.Errorf("peer hears %v, want nothing", got)
	}
	b.step(registrar.Deregister{Request: 3, Handle: "echo", ID: 1, Reason: "too old"})
	want := []registrar.Deregistered{
		{Request: 1, Outcome: registrar.NotFound},
		{Request: 2, Outcome: registrar.OwnedByPeer, HomeServer: 0x60},
		{Request: 3, Outcome: registrar.Removed, HomeServer: self, Told: 1, Peers: 1},
	}
	if diff := cmp.Diff(want, b.answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if got := b.listed("echo"); !cmp.Equal(got, []string{"2@60"}) {
		t.Errorf("listed %v, want the peer's element", got)
	}
	only[asap.DeregistrationResponse](t, b.takeASAP(a))
	if update := only[enrp.HandleUpdate](t, b.takeENRP(p)); update.Action != enrp.DelPE {
		t.Errorf("peer hears %+v, want DEL", update)
	}
	if n := only[registrar.Noted](t, b.noted("element.removed")); n.Origin != "operator" {
		t.Errorf("origin %q, want operator", n.Origin)
	}
	b.mustRegister(a, "echo", pe(1, 11)) // it may come back
}

func TestStop(t *testing.T) {
	b := serving(t, interval(15e9))
	a, p := b.element(11), b.peer(0x60, 60)
	b.mustRegister(a, "echo", pe(1, 11))
	b.changes = nil
	b.step(registrar.Stop{})
	if !cmp.Equal(b.ended, []registrar.AssociationID{a, p}) {
		t.Errorf("ended %v, want all", b.ended)
	}
	if got := only[feed.RegistrarState](t, b.changes); got.Phase != feed.Draining {
		t.Errorf("phase %v, want draining", got.Phase)
	}
	if answer := b.register(a, "echo", pe(2, 11)); !answer.Reject {
		t.Error("registration accepted while draining")
	}
	if got := b.takeENRP(p); len(all[enrp.HandleUpdate](got)) != 1 {
		t.Errorf("peer hears %v, want it to keep the element", got)
	}
	b.down(a)
	b.down(p)
	b.step(registrar.Stop{})
	if at, ok := b.r.Deadline(); ok {
		t.Errorf("deadline %v after the end", at)
	}
}
