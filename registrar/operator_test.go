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

// An operator asks a peer whether it lives, and hears how long the answer took.
func TestOperatorProbes(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.sent[p] = nil
	b.step(registrar.ProbePeer{Request: 1, Peer: 0x99})
	b.step(registrar.ProbePeer{Request: 2, Peer: 0x60})
	b.step(registrar.ProbePeer{Request: 3, Peer: 0x60})
	for _, m := range all[enrp.Presence](b.takeENRP(p)) {
		if !m.ReplyRequired {
			t.Errorf("the peer is sent %+v, want an answer required", m)
		}
	}
	b.advance(620 * time.Microsecond)
	b.enrp(p, presence(0x60))
	b.enrp(p, presence(0x60)) // it says so once
	b.step(registrar.ProbePeer{Request: 4, Peer: 0x60})
	b.advance(5 * time.Second)
	for n := range uint64(40) {
		b.step(registrar.ProbePeer{Request: 100 + n, Peer: 0x60})
	}
	b.step(registrar.Stop{})
	b.step(registrar.ProbePeer{Request: 5, Peer: 0x60})
	want := []registrar.Answered{
		{Request: 1, Outcome: registrar.AskUnknown, Text: "no such peer is known here"},
		{Request: 2, Outcome: registrar.AskDone, After: 620 * time.Microsecond, Text: "PRESENCE received"},
		{Request: 3, Outcome: registrar.AskDone, After: 620 * time.Microsecond, Text: "PRESENCE received"},
		{Request: 4, Outcome: registrar.AskSilent, After: 5 * time.Second, Text: "no answer in 5s"},
	}
	for n := range uint64(8) {
		want = append(want, registrar.Answered{Request: 132 + n, Outcome: registrar.AskNotNow, Text: "others wait for an answer of it already"})
	}
	for n := range uint64(32) {
		want = append(want, registrar.Answered{Request: 100 + n, Outcome: registrar.AskNotNow, Text: "this registrar is stopping"})
	}
	want = append(want, registrar.Answered{Request: 5, Outcome: registrar.AskNotNow, Text: "this registrar is stopping"})
	if diff := cmp.Diff(want, b.outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// An operator fetches a peer's elements again, and hears what was different; the
// event names a pool that was.
func TestOperatorResyncs(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.enrp(p, add(0x60, "echo", pe(1, 11)))
	b.enrp(p, add(0x60, "echo", pe(2, 11)))
	ask := func(request uint64) {
		b.sent[p] = nil
		b.step(registrar.ResyncPeer{Request: request, Peer: 0x60})
	}
	ask(1)
	if m := only[enrp.HandleTableRequest](t, b.takeENRP(p)); !m.OwnOnly { // ENRP-3.6.3-01
		t.Errorf("request %+v, want W=1", m)
	}
	b.enrp(p, part(false, of(0x60, pe(1, 11)), of(0x60, pe(2, 11))))
	ask(2)
	ask(3) // joins it
	if got := b.takeENRP(p); len(got) > 0 {
		t.Errorf("the peer is asked again: %+v", got)
	}
	b.enrp(p, part(false, of(0x60, pe(2, 11)), of(0x60, pe(3, 11))))
	ask(4)
	b.enrp(p, enrp.HandleTableResponse{IDs: ids(0x60, self), Reject: true})
	ask(5)
	b.advance(5 * time.Second)
	ask(6)
	b.step(registrar.Stop{})
	ask(7)
	b.step(registrar.ResyncPeer{Request: 8, Peer: 0x99})
	want := []registrar.Answered{
		{Request: 1, Text: "2 elements, the same as here"},
		{Request: 2, Text: "2 elements, 1 new here, 1 of ours were not there"},
		{Request: 3, Text: "2 elements, 1 new here, 1 of ours were not there"},
		{Request: 4, Outcome: registrar.AskSilent, Text: "the peer refuses its table"},
		{Request: 5, Outcome: registrar.AskSilent, After: 5 * time.Second, Text: "no answer in 5s"},
		{Request: 6, Outcome: registrar.AskNotNow, Text: "this registrar is stopping"},
		{Request: 7, Outcome: registrar.AskNotNow, Text: "this registrar is draining"},
		{Request: 8, Outcome: registrar.AskUnknown, Text: "no such peer is known here"},
	}
	if diff := cmp.Diff(want, b.outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	done := b.noted("resync.completed")
	if len(done) != 2 || done[0].Handle != "" || done[1].Handle != "echo" {
		t.Errorf("notes %+v, want the pool that differed in the second", done)
	}
}

// What nobody can be asked for is refused with the reason.
func TestOperatorResyncsNobody(t *testing.T) {
	w := widowed(t, 1, 0x70)
	w.step(registrar.ResyncPeer{Request: 1, Peer: 0x60})
	w.ack(0x70, 0x60)
	w.step(registrar.ResyncPeer{Request: 2, Peer: 0x60})
	w.step(registrar.ProbePeer{Request: 3, Peer: 0x60})
	w.enrp(w.to[0x60], presence(0x60))
	want := []registrar.Answered{
		{Request: 1, Outcome: registrar.AskNotNow, Text: "the peer is taking_over: there is nobody to ask"},
		{Request: 2, Outcome: registrar.AskNotNow, Text: "the peer is dead: there is nobody to ask"},
		{Request: 3, Outcome: registrar.AskDone, Text: "PRESENCE received"},
	}
	if diff := cmp.Diff(want, w.outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}
