package registrar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// Long after a takeover, all are told again when one shows that it has missed it; at
// once only that one, since wishes and the end of a takeover cross.
func TestMissedTakeoverIsToldToAll(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := widowed(t, 1, 0x20, 0x30)
		w.ack(0x20, 0x60)
		w.ack(0x30, 0x60)
		if late {
			w.advance(6 * time.Second)
		}
		w.forget()
		w.enrp(w.to[0x20], enrp.InitTakeover{Takeover: takeover(0x20, 0x60)})
		if told := len(all[enrp.TakeoverServer](w.takeENRP(w.to[0x30]))) == 1; told != late {
			t.Errorf("late %v: the other one is told %v", late, told)
		}
	}
}

// TK-04, TK-04b: a takeover is completed once; who missed it is told.
func TestCompletedTakeoverIsToldAgain(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := widowed(t, 1, 0x20)
		w.ack(0x20, 0x60)
		if late { // one last message of the dead
			w.alive(0x60)
		}
		w.forget()
		w.enrp(w.to[0x20], enrp.InitTakeover{Takeover: takeover(0x20, 0x60)})
		sent := w.takeENRP(w.to[0x20])
		if len(all[enrp.TakeoverServer](sent)) != 1 || len(all[enrp.InitTakeoverAck](sent)) > 0 {
			t.Errorf("late %v: 0x20 is sent %+v, want TAKEOVER_SERVER and no consent", late, sent)
		}
		w.advance(5 * time.Minute)
		if n := len(w.noted("takeover.completed")); n != 1 {
			t.Errorf("late %v: completed %d times", late, n)
		}
	}
}

// A registrar that was taken for dead is told so, and is a peer again.
func TestDeadPeerComesBack(t *testing.T) {
	w := widowed(t, 1, 0x70)
	w.ack(0x70, 0x60)
	w.forget()
	w.alive(0x60)
	sent := w.takeENRP(w.to[0x60])
	if len(all[enrp.TakeoverServer](sent)) != 1 || !all[enrp.Presence](sent)[0].ReplyRequired {
		t.Errorf("0x60 is sent %+v, want to hear of its takeover and whether it lives", sent)
	}
	w.alive(0x60)
	if got := w.state(0x60); got != feed.Active {
		t.Errorf("state %v, want active", got)
	}
	table := enrp.HandleTableResponse{IDs: ids(0x60, self), Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(0x60, pe(1, 11))}}}}
	m := presence(0x60)
	m.Checksum = 1
	w.enrp(w.to[0x60], m)
	w.enrp(w.to[0x60], table)
	if got := w.listed("echo"); !cmp.Equal(got, []string{"1@60"}) {
		t.Errorf("elements %v, want the adopted one back with 0x60", got)
	}
}

// A dead peer is forgotten for good after twice the re-check time.
func TestDeadPeerIsForgotten(t *testing.T) {
	w := widowed(t, 1)
	w.advance(121 * time.Second)
	if got := w.state(0x60); got != feed.Dead {
		t.Errorf("state %v, want the memory kept", got)
	}
	w.advance(2 * time.Second)
	if got := w.state(0x60); got != feed.Forgotten {
		t.Errorf("state %v, want it forgotten", got)
	}
}
