package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
)

// SEC-27: whoever only holds associations keeps nobody out. Those that have something
// to lose stay, and of the others those that speak.
func TestIdleOnesGiveWay(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Associations = 6 })
	p := b.peer(0x60, 60)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	silent, subscribed, speaks, asked := b.element(20), b.element(21), b.element(22), b.element(23)
	b.asap(asked, asap.HandleResolution{Handle: "echo"})
	b.asap(subscribed, asap.HandleResolution{Handle: "echo", Subscribe: true})
	ask := func(u registrar.AssociationID) int {
		b.asap(u, asap.HandleResolution{Handle: "echo"})
		return len(all[asap.HandleResolutionResponse](b.takeASAP(u)))
	}
	if early := b.element(24); !cmp.Equal(b.ended, []registrar.AssociationID{early}) {
		t.Fatalf("ended %v, want the one that has come, %v: the others have just come, too", b.ended, early)
	}
	b.ended = nil
	b.advance(2 * time.Second)
	b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
	b.sent[speaks], b.sent[asked] = nil, nil
	for i, want := range []registrar.AssociationID{silent, asked} {
		ask(speaks)
		u := b.element(byte(30 + i))
		if got := ask(u); got != 1 || !cmp.Equal(b.ended, []registrar.AssociationID{want}) {
			t.Errorf("newcomer %d has %d answers, ended %v, want %v", i, got, b.ended, want)
		}
		if got := ask(want); got != 0 {
			t.Errorf("%v has %d answers when it has given way", want, got)
		}
		b.ended = nil
		b.down(want)
	}
	late := b.element(40)
	if !cmp.Equal(b.ended, []registrar.AssociationID{late}) {
		t.Errorf("ended %v, want the one that has come, %v: nobody is idle", b.ended, late)
	}
	b.advance(2 * time.Second)
	for _, has := range []registrar.AssociationID{p, a, subscribed} {
		for _, ended := range b.ended {
			if ended == has {
				t.Errorf("%v has ended, which is not idle", has)
			}
		}
	}
}

// Those that give way are no more than a few at a time.
func TestFewGiveWayAtATime(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Associations = 2 * registrar.Leaving })
	for i := range 2 * registrar.Leaving {
		b.up(registrar.ASAP, at(20, uint16(1000+i)), 0) //nolint:gosec // small
	}
	b.advance(2 * time.Second)
	for i := range 2 * registrar.Leaving {
		b.up(registrar.ASAP, at(30, uint16(1000+i)), 0) //nolint:gosec // small
	}
	old := 0
	for _, id := range b.ended {
		if id <= registrar.AssociationID(2*registrar.Leaving) {
			old++
		}
	}
	if old != registrar.Leaving || len(b.ended) != 2*registrar.Leaving {
		t.Errorf("%d have given way and %d are turned away, want %d of each", old, len(b.ended)-old, registrar.Leaving)
	}
}
