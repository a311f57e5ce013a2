package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// hold deregisters an element of echo for a while and gives the answer.
func (b *bench) hold(id wire.PEIdentifier, d time.Duration) registrar.Deregistered {
	b.t.Helper()
	b.answers = nil
	b.step(registrar.Deregister{Request: 1, Handle: "echo", ID: id, Reason: "faulty NIC", By: "192.0.2.200", Hold: d})
	return only[registrar.Deregistered](b.t, b.answers)
}

// endHold ends one and gives the answer.
func (b *bench) endHold(id enrp.HoldID) registrar.HoldEnded {
	b.t.Helper()
	return only[registrar.HoldEnded](b.t, b.step(registrar.EndHold{Request: 2, ID: id, By: "192.0.2.201"}))
}

// shown is the latest word of the feed on a hold.
func (b *bench) shown(maker wire.ServerID, id enrp.HoldID) feed.Hold {
	b.t.Helper()
	list := all[feed.Hold](b.changes)
	for i := range list {
		if h := list[len(list)-1-i]; h.Maker == maker && h.ID == id {
			return h
		}
	}
	b.t.Fatalf("the feed knows nothing of hold %v of %v: %v", id, maker, list)
	return feed.Hold{}
}

// refused registers element id of echo from a host, which is to be refused as held.
func (b *bench) refused(a registrar.AssociationID, id wire.PEIdentifier, host byte) {
	b.t.Helper()
	answer := b.register(a, "echo", pe(id, host))
	if !answer.Reject || !cmp.Equal(codes(answer.Causes), []wire.CauseCode{wire.CauseRejectedSecurity}) {
		b.t.Errorf("registration of %v answered with %+v, want R=1 and cause 0xa", id, answer)
	}
}

func TestHold(t *testing.T) {
	b := serving(t)
	p, a := b.peer(0x60, 60), b.element(11)
	b.mustRegister(a, "echo", pe(1, 11), pe(2, 11))
	b.sent[p] = nil
	done := b.hold(1, 10*time.Minute)
	until := epoch.Add(10 * time.Minute)
	want := registrar.Deregistered{Request: 1, HomeServer: self, Told: 1, Peers: 1, Hold: done.Hold, Until: until}
	if diff := cmp.Diff(want, done); diff != "" || done.Hold == 0 {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	wantSent := []enrp.Message{ // the hold first, so that nobody takes the element back
		enrp.Hold{IDs: ids(self, 0), ID: done.Hold, Left: 600_000, Handle: "echo", Element: 1, Reason: "faulty NIC"},
		enrp.HandleUpdate{IDs: ids(self, 0), Action: enrp.DelPE, Handle: "echo", Element: of(self, pe(1, 11))},
	}
	if diff := cmp.Diff(wantSent, b.takeENRP(p), deepEqual); diff != "" {
		t.Errorf("peer hears (-want +got):\n%s", diff)
	}

	b.refused(a, 1, 11)
	b.refused(b.element(12), 1, 12) // whoever it is
	b.mustRegister(a, "echo", pe(2, 11))
	b.enrp(p, enrp.HoldAck{IDs: ids(0x60, self), ID: done.Hold, Refused: 4})
	b.advance(time.Second)
	wantShown := feed.Hold{
		ID: done.Hold, Maker: self, Handle: "echo", Element: 1, Since: feed.At(epoch), Until: feed.At(until),
		Refused: 2, Reason: "faulty NIC", By: "192.0.2.200", Honoured: []feed.Honour{{Peer: 0x60, Refused: 4}},
	}
	if diff := cmp.Diff(wantShown, b.shown(self, done.Hold)); diff != "" {
		t.Errorf("the feed (-want +got):\n%s", diff)
	}
	b.enrp(p, enrp.HoldAck{IDs: ids(0x60, self), ID: done.Hold, NotHonoured: true})
	if got := b.shown(self, done.Hold).Honoured; len(got) != 0 {
		t.Errorf("honoured by %v, want nobody any more", got)
	}

	b.advance(10*time.Minute - 2*time.Second)
	b.refused(a, 1, 11)
	b.advance(time.Second)
	b.mustRegister(a, "echo", pe(1, 11))
	wantShown.State, wantShown.Ended, wantShown.Returned = feed.HoldRanOut, feed.At(until), feed.At(until)
	wantShown.Refused, wantShown.Honoured = 3, []feed.Honour{}
	if diff := cmp.Diff(wantShown, b.shown(self, done.Hold)); diff != "" {
		t.Errorf("the feed in the end (-want +got):\n%s", diff)
	}
}

// The feed, the log and the maker hear of refusals at most once in a second, and
// of the last one too.
func TestRefusalsAreToldInTurn(t *testing.T) {
	b := serving(t)
	p, a := b.peer(0x60, 60), b.element(11)
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 9, Left: 60_000, Handle: "echo", Element: 1})
	if m := only[enrp.HoldAck](t, b.takeENRP(p)); m.ID != 9 || m.Refused != 0 || m.NotHonoured {
		t.Errorf("answer %+v", m)
	}
	b.notes = nil
	for range 20 {
		b.refused(a, 1, 11)
		b.advance(100 * time.Millisecond)
	}
	b.advance(time.Second)
	var told []uint32
	for _, m := range all[enrp.HoldAck](b.takeENRP(p)) {
		told = append(told, m.Refused)
	}
	if want := []uint32{1, 10, 20}; !cmp.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if n := len(b.noted("element.refused")); n != 3 || b.shown(0x60, 9).Refused != 20 {
		t.Errorf("noted %d times, shown %+v", n, b.shown(0x60, 9))
	}
}

// What a peer holds is held here too, until the peer ends it.
func TestHoldOfPeer(t *testing.T) {
	b := serving(t)
	p, q := b.peer(0x60, 60), b.peer(0x70, 70)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.sent[q] = nil
	told := enrp.Hold{IDs: ids(0x60, 0), ID: 9, Left: 60_000, Handle: "echo", Element: 1, Reason: "old"}
	b.enrp(p, told)
	if got := b.listed("echo"); len(got) > 0 {
		t.Errorf("listed %v, want the held element gone", got)
	}
	if m := only[enrp.HandleUpdate](t, b.takeENRP(q)); m.Action != enrp.DelPE {
		t.Errorf("the other peer hears %+v, want DEL and nothing of the hold", m)
	}
	b.refused(a, 1, 11)
	b.enrp(p, told) // again, as on a new association
	b.enrp(q, enrp.Hold{IDs: ids(0x70, 0), ID: 9, Ended: true})
	b.refused(a, 1, 11)
	if got := b.endHold(9); got != (registrar.HoldEnded{Request: 2, Outcome: registrar.OwnedByPeer, Maker: 0x60}) {
		t.Errorf("its end here: %+v, want the maker named", got)
	}
	told.Left = 120_000
	b.enrp(p, told)
	b.advance(100 * time.Second)
	b.alive(p, 0x60)
	b.refused(a, 1, 11)
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 9, Ended: true})
	b.mustRegister(a, "echo", pe(1, 11))
	if got := b.shown(0x60, 9); got.State != feed.HoldEnded || got.Returned == 0 || got.Refused != 3 {
		t.Errorf("shown %+v", got)
	}
	for _, bad := range []enrp.Hold{
		{ID: 0, Left: 1, Handle: "echo", Element: 1},
		{ID: 10, Left: 0, Handle: "echo", Element: 1},
		{ID: 10, Left: 1, Handle: "", Element: 1},
		{ID: 10, Left: 1, Handle: wire.PoolHandle(make([]byte, 1025)), Element: 1},
	} {
		bad.IDs = ids(0x60, 0)
		b.sent[p] = nil
		b.enrp(p, bad)
		if len(b.sent[p]) > 0 {
			t.Errorf("%+v is answered", bad)
		}
	}
	b.mustRegister(a, "echo", pe(1, 11))
}

func (b *bench) alive(a registrar.AssociationID, id wire.ServerID) { b.enrp(a, presence(id)) }

func TestEndHold(t *testing.T) {
	b := serving(t)
	p, a := b.peer(0x60, 60), b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	id := b.hold(1, time.Hour).Hold
	b.refused(a, 1, 11)
	b.sent[p] = nil
	if got := b.endHold(id + 1); got != (registrar.HoldEnded{Request: 2, Outcome: registrar.NotFound}) {
		t.Errorf("end of no hold: %+v", got)
	}
	if got := b.endHold(id); got != (registrar.HoldEnded{Request: 2, Maker: self}) {
		t.Errorf("end: %+v", got)
	}
	if m := only[enrp.Hold](t, b.takeENRP(p)); !m.Ended || m.ID != id {
		t.Errorf("peer hears %+v", m)
	}
	if got := b.shown(self, id); got.State != feed.HoldEnded || got.EndedBy != "192.0.2.201" || got.Returned != 0 {
		t.Errorf("shown %+v", got)
	}
	if got := b.endHold(id); got.Outcome != registrar.NotFound {
		t.Errorf("end once more: %+v", got)
	}
	b.mustRegister(a, "echo", pe(1, 11))
	if b.shown(self, id).Returned == 0 {
		t.Error("the feed does not know that it is back")
	}

	// The maker of this one dies, so it can be ended here.
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 3_600_000, Handle: "echo", Element: 2})
	b.down(p)
	b.step(registrar.DialFailed{Dial: b.dials[len(b.dials)-1].ID, Reason: "refused"})
	b.advance(2 * time.Minute)
	if got := b.endHold(7); got.Outcome != registrar.Removed || got.Maker != 0x60 {
		t.Errorf("end of a hold whose maker is dead: %+v", got)
	}
	b.mustRegister(a, "echo", pe(2, 11))
}

func TestHoldLimits(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Holds = 1 })
	p, a := b.peer(0x60, 60), b.element(11)
	b.mustRegister(a, "echo", pe(1, 11), pe(2, 11))
	if got := b.hold(1, 10*registrar.MaxHold); got.Outcome != registrar.Removed || !got.Until.Equal(epoch.Add(registrar.MaxHold)) {
		t.Errorf("a long hold: %+v, want it cut to %v", got, registrar.MaxHold)
	}
	if got := b.hold(2, time.Hour); got.Outcome != registrar.NoRoomForHold || len(b.listed("echo")) != 1 {
		t.Errorf("one hold too many: %+v, elements %v, want nothing done", got, b.listed("echo"))
	}
	if got := b.hold(2, 0); got.Outcome != registrar.Removed || got.Hold != 0 {
		t.Errorf("without a hold: %+v", got)
	}
	b.sent[p] = nil
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 7, Left: 1000, Handle: "echo", Element: 3})
	b.enrp(p, enrp.Hold{IDs: ids(0x60, 0), ID: 8, Left: 1000, Handle: "echo", Element: 4})
	var refusals []bool
	for _, m := range all[enrp.HoldAck](b.takeENRP(p)) {
		refusals = append(refusals, m.NotHonoured)
	}
	if !cmp.Equal(refusals, []bool{false, true}) {
		t.Errorf("peers' holds not honoured: %v, want the second", refusals)
	}
	b.mustRegister(a, "echo", pe(4, 11))
}

// Those that are over are forgotten in the end.
func TestEndedHoldsAreForgotten(t *testing.T) {
	b := serving(t)
	a := b.element(11)
	var first enrp.HoldID
	for i := range 101 {
		b.mustRegister(a, "echo", pe(1, 11))
		id := b.hold(1, time.Hour).Hold
		b.endHold(id)
		if i == 0 {
			first = id
		}
	}
	if got := b.shown(self, first); got.State != feed.ForgottenHold {
		t.Errorf("the first of 101 holds: %+v, want it forgotten", got)
	}
}

func TestProtectedPool(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Protected = []wire.PoolHandle{"echo"} })
	if got := only[feed.Protected](t, b.changes); got.Handle != "echo" {
		t.Errorf("the feed hears of %+v", got)
	}
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.mustRegister(a, "web", pe(1, 11))
	if got := b.hold(1, time.Hour); got.Outcome != registrar.ProtectedPool || len(b.listed("echo")) != 1 {
		t.Errorf("not confirmed: %+v, elements %v", got, b.listed("echo"))
	}
	b.answers = nil
	b.step(registrar.Deregister{Handle: "web", ID: 1})
	b.step(registrar.Deregister{Handle: "echo", ID: 1, Confirmed: true})
	for _, got := range b.answers {
		if got.Outcome != registrar.Removed {
			t.Errorf("answer %+v", got)
		}
	}
	b.mustRegister(a, "echo", pe(1, 11)) // elements come and go as ever
	b.asap(a, asap.Deregistration{Handle: "echo", ID: 1})
	if len(b.listed("echo")) > 0 {
		t.Error("the element may not leave")
	}
}
