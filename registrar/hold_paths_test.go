package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// No way makes this registrar the home of what is held: Verify looks after each
// step.

// A registration that waits whether another element lives is refused when that is
// deregistered and held.
func TestHeldContender(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.down(a)
	other := b.element(12)
	b.asap(other, asap.Registration{Handle: "echo", Element: pe(1, 12)})
	if got := b.takeASAP(other); len(got) > 0 {
		t.Fatalf("answered at once: %+v", got)
	}
	b.hold(1, time.Hour)
	answer := only[asap.RegistrationResponse](t, b.takeASAP(other))
	if !answer.Reject || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseRejectedSecurity}) {
		t.Errorf("answer %+v, want R=1 and cause 0xa", answer)
	}
}

// The elements of a dead registrar that honours no holds are taken over, but for
// those that are held.
func TestHeldIsNotAdopted(t *testing.T) {
	w := widowed(t, 2, 0x70)
	w.enrp(w.to[0x70], enrp.Hold{IDs: ids(0x70, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 1})
	w.forget()
	w.ack(0x70, 0x60)
	if got := w.listed("echo"); !cmp.Equal(got, []string{"2@50"}) {
		t.Errorf("elements %v, want what is not held", got)
	}
	if m := all[enrp.HandleUpdate](w.takeENRP(w.to[0x70])); len(m) == 0 || m[0].Action != enrp.DelPE || m[0].Element.HomeServer != 0x60 {
		t.Errorf("the peer hears %+v, want the removal from where it was", m)
	}
}

// A peer that leaves suggests an element that is held here: it stays the peer's.
func TestHeldIsNotHandedOver(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 1})
	b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, self), Handle: "echo", Element: of(0x60, pe(1, 11)), TakeoverSuggested: true})
	b.advance(10 * time.Millisecond)
	a := b.up(registrar.ASAP, at(11, 40011), only[registrar.Dial](t, b.dials).ID)
	b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@60"}) {
		t.Errorf("elements %v", got)
	}
}

// An element that went to a peer and is removed there does not come back by the
// keep-alive that it has answered here.
func TestHeldIsNotReclaimed(t *testing.T) {
	b := serving(t)
	p, a := b.peer(0x60, 60), b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.advance(10 * time.Second)
	b.alive(p, 0x60)
	b.enrp(p, add(0x60, "echo", pe(1, 11))) // it moved
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 1})
	b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, 0), Action: enrp.DelPE, Handle: "echo", Element: of(0x60, pe(1, 11))})
	if n := len(b.noted("element.removed")); n != 1 || len(b.noted("element.orphaned")) > 0 {
		t.Errorf("removed %d times, want it gone at once, not kept for whoever claims it", n)
	}
}

// A hold that comes while an element without a home is asked.
func TestHeldOrphan(t *testing.T) {
	b := serving(t)
	p, a := b.peer(0x60, 60), b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.advance(10 * time.Second)
	b.alive(p, 0x60)
	b.enrp(p, add(0x60, "echo", pe(1, 11)))
	b.enrp(p, enrp.HandleUpdate{IDs: ids(0x60, 0), Action: enrp.DelPE, Handle: "echo", Element: of(0x60, pe(1, 11))})
	if len(b.noted("element.orphaned")) != 1 {
		t.Fatalf("noted %v, want an orphan", b.notes)
	}
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 1})
	for range 3 {
		b.advance(30 * time.Second)
		b.alive(p, 0x60)
		b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	}
	if n := only[registrar.Noted](t, b.noted("element.removed")); n.Origin != "operator" || len(b.noted("element.moved")) != 1 {
		t.Errorf("noted %+v, want the orphan gone, not back", n)
	}
}

// In a secured scope only registrars reach the ENRP port. A hold refuses whoever
// may be the element; all others learn nothing of it.
func TestHoldSecured(t *testing.T) {
	b := serving(t, secured)
	p := b.peerAs(0x60, 60, registrarCalled(0x60))
	a, stranger := b.elementAs(11, elementCalled("a")), b.elementAs(12, registrar.Credential{Role: registrar.RoleElement, Name: "x"})
	b.mustRegister(a, "echo", pe(1, 11))
	id := b.hold(1, time.Hour).Hold
	b.refused(a, 1, 11)
	b.refused(stranger, 1, 12)
	b.advance(2 * time.Second)
	if got := b.shown(self, id).Refused; got != 1 {
		t.Errorf("%d refusals count, want the one of the element itself", got)
	}
	b.enrp(p, enrp.Hold{IDs: ids(0x70, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 2}) // in another's name
	b.mustRegister(a, "echo", pe(2, 11))
}

// RSPLIB never sees the message, and does not honour holds.
func TestHoldInDialectRSPLIB(t *testing.T) {
	b := serving(t, dialect(registrar.RSPLIB))
	p, a := b.peer(0x60, 60), b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.sent[p] = nil
	id := b.hold(1, time.Hour).Hold
	b.refused(a, 1, 11)
	b.down(p)
	again := b.peer(0x60, 60)
	b.enrp(again, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 2})
	b.enrp(again, enrp.HoldAck{IDs: ids(0x60, 0), ID: 8})
	b.mustRegister(a, "echo", pe(2, 11))
	b.endHold(id)
	for _, at := range []registrar.AssociationID{p, again} {
		for _, m := range b.takeENRP(at) {
			switch m.(type) {
			case enrp.Hold, enrp.HoldAck:
				t.Errorf("RSPLIB is sent %+v", m)
			}
		}
	}
}

// Whichever registrar a held element hunts to refuses it; so does one that comes
// later. One that has missed the end learns of it.
func TestHoldInScope(t *testing.T) {
	s := newScope(t, 3, interval(0))
	a, b := s.start(0), s.start(1)
	pa := s.element(a, 11)
	s.asap(a, pa, asap.Registration{Handle: "echo", Element: pe(1, 11)})
	s.send(a, registrar.Deregister{Request: 1, Handle: "echo", ID: 1, Hold: time.Hour})
	c := s.start(2)
	refused := func(m *member) bool {
		t.Helper()
		s.asap(m, s.element(m, 11), asap.Registration{Handle: "echo", Element: pe(1, 11)})
		return only[asap.RegistrationResponse](t, all[asap.RegistrationResponse](m.heard)).Reject
	}
	for _, m := range s.registrars {
		if !refused(m) {
			t.Errorf("registrar %v lets the held element in", m.r.ID())
		}
	}
	s.advance(2 * time.Second)
	s.agree("echo")
	var id enrp.HoldID
	for _, h := range a.holds {
		id = h.ID
		if h.Total() != 3 || len(h.Honoured) != 2 {
			t.Errorf("the maker knows %+v, want 3 refusals in all and 2 peers that honour it", h)
		}
	}
	// b hears nothing of the end.
	b.up = false
	s.send(a, registrar.EndHold{Request: 2, ID: id})
	b.up = true
	if refused(c) || !refused(b) {
		t.Error("want it ended at all registrars that were told, and at those alone")
	}
	for at := range b.other {
		s.cut(b, at)
	}
	s.advance(2 * time.Minute)
	if refused(b) {
		t.Error("a registrar that has missed the end did not learn of it on the next association")
	}
	s.agree("echo", "1@20")
}
