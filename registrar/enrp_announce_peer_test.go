package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// SEC-20: what is heard of a known peer changes nothing but that it is called.
func TestKnownPeerHeard(t *testing.T) {
	t.Run("is not heard by that", func(t *testing.T) {
		b := servingGrouped(t)
		b.enrp(b.peer(0x60, 96), presence(0x60))
		b.changes = nil
		for range 13 {
			b.advance(5 * time.Second)
			b.hear(96, announcement(0x60, 96, false))
		}
		if got := len(b.noted("peer.suspect")); got != 1 {
			t.Errorf("suspected %d times after 65 s without a word over SCTP, want once", got)
		}
	})
	t.Run("is not audited", func(t *testing.T) {
		b := servingGrouped(t)
		a := b.up(registrar.ENRP, at(96, 9901), 0)
		b.enrp(a, enrp.Presence{IDs: ids(0x60, 0)})
		b.sent[a] = nil
		b.hear(96, announcement(0x60, 96, false))
		if got := b.takeENRP(a); len(got) > 0 {
			t.Errorf("sent %+v, want nothing", got)
		}
	})
	t.Run("is answered where it is known", func(t *testing.T) {
		b := servingGrouped(t)
		a := b.peer(0x60, 96)
		for range 20 {
			b.hear(99, announcement(0x60, 99, true))
		}
		if got := all[enrp.Presence](b.takeENRP(a)); len(got) != 4 || got[0].ReplyRequired {
			t.Errorf("sent %+v, want 4 of them answered in a second", got)
		}
		if len(b.dials) > 0 {
			t.Errorf("dials %v, want none", b.dials)
		}
	})
	t.Run("is taken over nonetheless", func(t *testing.T) {
		b := servingGrouped(t)
		a, q := b.peer(0x60, 96), b.peer(0x70, 112)
		b.enrp(a, add(0x60, "echo", of(0x60, pe(1, 11))))
		b.down(a)
		b.step(registrar.DialFailed{Dial: onlyDial(t, b, at(96, 9901)).ID, Reason: "refused"})
		b.advance(5 * time.Second)
		only[enrp.InitTakeover](t, b.takeENRP(q))
		for _, d := range b.takeDials() {
			b.step(registrar.DialFailed{Dial: d.ID, Reason: "refused"})
		}
		b.hear(96, announcement(0x60, 96, true))
		call := onlyDial(t, b, at(96, 9901))
		if len(b.noted("takeover.cancelled")) > 0 {
			t.Error("a datagram has cancelled the takeover")
		}
		b.enrp(q, enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: ids(0x70, self), Target: 0x60}})
		only[registrar.Noted](t, b.noted("takeover.completed"))
		b.step(registrar.Tick{})
		b.takeDials() // the element is asked
		b.hear(96, announcement(0x60, 96, true))
		if len(b.dials) > 0 || len(b.noted("peer.suspect")) != 1 {
			t.Errorf("dials %v, notes %v: want the dead peer dead, and called once", b.dials, b.notes)
		}
		b.enrp(b.answer(call), presence(0x60)) // this is proof
		if got := len(b.noted("peer.suspect")); got != 2 {
			t.Errorf("suspected %d times, want it asked again after it spoke over SCTP", got)
		}
	})
}

// SEC-20: a flood costs a few calls, and no peers.
func TestFloodHeard(t *testing.T) {
	b := servingGrouped(t)
	flood := func() {
		for range 50 {
			host := byte(len(b.dials) + 100)
			b.hear(host, announcement(wire.ServerID(0x1000+b.now.Sub(epoch)/time.Millisecond), host, true))
		}
	}
	flood()
	if len(b.dials) != 4 {
		t.Errorf("%d calls in a second, want 4", len(b.dials))
	}
	for range 20 {
		b.advance(time.Second)
		flood()
	}
	if len(b.dials) != 8 {
		t.Errorf("%d calls under way, want 8", len(b.dials))
	}
	for _, d := range b.takeDials() {
		b.step(registrar.DialFailed{Dial: d.ID, Reason: "refused"})
	}
	b.advance(time.Second)
	b.hear(96, announcement(0x60, 96, true))
	onlyDial(t, b, at(96, 9901)) // there is room again
	if len(all[feed.PeerState](b.changes)) > 0 {
		t.Errorf("changes %v: datagrams have made peers", b.changes)
	}
}

// Whoever was called and does not say who it is, is left alone again.
func TestSilentStranger(t *testing.T) {
	b := servingGrouped(t)
	b.hear(96, announcement(0x60, 96, true))
	a := b.answer(onlyDial(t, b, at(96, 9901)))
	b.advance(5*time.Second - 1)
	if len(b.ended) > 0 {
		t.Fatalf("ended %v before the time of an answer", b.ended)
	}
	b.advance(1)
	if diff := cmp.Diff([]registrar.AssociationID{a}, b.ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	b.down(a)
	b.hear(96, announcement(0x60, 96, true))
	onlyDial(t, b, at(96, 9901))
}

// Strangers that have said who they are make room for others.
func TestStrangersInTurn(t *testing.T) {
	b := servingGrouped(t)
	for i := range byte(20) {
		host := 100 + i
		id := wire.ServerID(host)
		b.advance(time.Second)
		b.hear(host, announcement(id, host, false))
		b.enrp(b.answer(onlyDial(t, b, at(host, 9901))), presence(id))
	}
	states := map[wire.ServerID]feed.LinkState{}
	for _, m := range all[feed.PeerState](b.changes) {
		states[m.Peer] = m.State
	}
	if len(states) != 20 {
		t.Errorf("%d peers known, want 20", len(states))
	}
}
