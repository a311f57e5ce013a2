package registrar_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// A mentor's table may be older than a takeover that is known already.
func TestTableOlderThanTakeover(t *testing.T) {
	b := idle(t, config(self, 1, at(60, 9901)))
	b.step(registrar.Start{})
	call := only[registrar.Dial](t, b.dials)
	mentor := b.up(registrar.ENRP, call.To, call.ID)
	b.enrp(mentor, enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{information(0x60, 60), information(0x80, 80)}})
	other := b.peer(0x70, 70)
	b.enrp(other, enrp.TakeoverServer{Takeover: takeover(0x70, 0x80)})
	b.enrp(mentor, enrp.HandleTableResponse{
		IDs: ids(0x60, self), Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(0x80, pe(1, 11))}}},
	})
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@70"}) {
		t.Errorf("elements %v, want them at home where they were taken", got)
	}
}

// Which of two claims for an element is better (takeover.md section 2.2).
func TestClaims(t *testing.T) {
	table := func(from wire.ServerID) func(w *widow) {
		return func(w *widow) {
			m := presence(from)
			m.Checksum = 1 // makes 0x50 ask
			w.enrp(w.to[from], m)
			w.enrp(w.to[from], enrp.HandleTableResponse{
				IDs:   ids(from, self),
				Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(from, pe(1, 11))}}},
			})
		}
	}
	update := func(from wire.ServerID) func(w *widow) {
		return func(w *widow) { w.enrp(w.to[from], add(from, "echo", pe(1, 11))) }
	}
	adopt := func(w *widow) {
		for _, id := range []wire.ServerID{0x20, 0x70} {
			w.ack(id, 0x60)
		}
	}
	register := func(w *widow) { w.mustRegister(w.element(11), "echo", pe(1, 11)) }
	later := func(w *widow) { w.alive(0x20, 0x70); w.advance(5 * time.Second) }
	tests := []struct {
		name string
		play []func(w *widow)
		want string
	}{
		{"adopted, update", []func(*widow){adopt, update(0x20)}, "1@20"}, // TK-13
		{"adopted, table of the dead", []func(*widow){adopt, table(0x60), table(0x60)}, "1@60"},
		{"adopted, table of a larger ID", []func(*widow){adopt, table(0x70)}, "1@70"}, // TK-08
		{"adopted, table of a smaller ID", []func(*widow){adopt, table(0x20)}, "1@50"},
		{"registered, crossing update of a smaller ID", []func(*widow){register, update(0x20)}, "1@50"}, // TK-01
		{"registered, crossing update of a larger ID", []func(*widow){register, update(0x70)}, "1@70"},
		{"registered long ago, update", []func(*widow){register, later, update(0x20)}, "1@20"},
		{"registered, table of a larger ID", []func(*widow){register, table(0x70)}, "1@50"},
		{"registered long ago, table of a larger ID", []func(*widow){register, later, table(0x70)}, "1@50"},
		{"adopted, then registered", []func(*widow){adopt, register, table(0x70)}, "1@50"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := widowed(t, 1, 0x20, 0x70)
			for _, f := range tt.play {
				f(w)
			}
			if got := w.listed("echo"); !cmp.Equal(got, []string{tt.want}) {
				t.Errorf("elements %v, want %v", got, tt.want)
			}
		})
	}
}

// What has registered here stays when somebody took this registrar over; what it
// only adopted is asked, and told to nobody (TK-05).
func TestTakenForDead(t *testing.T) { // ENRP-3.5.2-08
	w := widowed(t, 1, 0x70)
	w.ack(0x70, 0x60)
	a := w.element(12)
	w.mustRegister(a, "echo", pe(2, 12))
	w.advance(5 * time.Second)
	w.forget()
	w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, self)})
	w.advance(10 * time.Millisecond)
	var added []string
	for _, m := range all[enrp.HandleUpdate](w.takeENRP(w.to[0x70])) {
		added = append(added, fmt.Sprint(m.Action, m.Element.ID))
	}
	if !slices.Equal(added, []string{"0 0x00000002"}) {
		t.Errorf("updates %v, want element 2 said again", added)
	}
	if ka := only[asap.EndpointKeepAlive](t, w.takeASAP(a)); !ka.Home {
		t.Errorf("keep-alive %+v, want the H bit", ka)
	}
}

// A removal by the new home is not the end of an element that may believe that
// its home is here, or is on its way.
func TestRemovalOfWhatWasOurs(t *testing.T) {
	given := func(t *testing.T) (w *widow, a registrar.AssociationID) {
		w = widowed(t, 1, 0x20)
		a = w.up(registrar.ASAP, at(11, 40011), 0)
		w.ack(0x20, 0x60)
		w.advance(10 * time.Millisecond) // the keep-alive with the H bit goes out
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		if got := w.listed("echo"); !cmp.Equal(got, []string{"1@20"}) {
			t.Fatalf("elements %v, want it given up", got)
		}
		w.forget()
		return w, a
	}
	ack := asap.EndpointKeepAliveAck{Handle: "echo", ID: 1}
	del := removal(0x20, 0x20, "echo", pe(1, 11))
	t.Run("asked and not yet answered", func(t *testing.T) { // TK-12
		w, a := given(t)
		w.enrp(w.to[0x20], del)
		w.asap(a, ack)
		if got := w.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
			t.Errorf("elements %v, want it here", got)
		}
		if m := only[enrp.HandleUpdate](t, w.takeENRP(w.to[0x20])); m.Action != enrp.AddPE || m.Element.HomeServer != self {
			t.Errorf("update %+v, want it said", m)
		}
	})
	t.Run("answered", func(t *testing.T) {
		w, a := given(t)
		w.asap(a, ack)
		w.enrp(w.to[0x20], del)
		w.asap(a, ack)
		if got := w.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
			t.Errorf("elements %v, want it here", got)
		}
	})
	t.Run("registered there since", func(t *testing.T) {
		w, a := given(t)
		w.asap(a, ack)
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		w.enrp(w.to[0x20], del)
		if got := w.listed("echo"); len(got) > 0 {
			t.Fatalf("elements %v, want an orphan, which nobody resolves", got)
		}
		t.Run("and it lives", func(t *testing.T) { // TK-02
			w.forget()
			for range 6 {
				w.alive(0x20)
				w.advance(10 * time.Second)
			}
			if ka := only[asap.EndpointKeepAlive](t, w.takeASAP(a)); !ka.Home {
				t.Fatalf("keep-alive %+v, want the H bit", ka)
			}
			w.asap(a, ack)
			if got := w.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
				t.Errorf("elements %v, want it here", got)
			}
		})
	})
	t.Run("an orphan that is dead", func(t *testing.T) {
		w, a := given(t)
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		w.enrp(w.to[0x20], del)
		w.forget()
		for range 7 {
			w.alive(0x20)
			w.advance(10 * time.Second)
		}
		only[asap.EndpointKeepAlive](t, w.takeASAP(a))
		if got := codes(w.resolve("echo").Causes); !slices.Equal(got, []wire.CauseCode{9}) {
			t.Errorf("causes %v, want an unknown pool", got)
		}
		if got := all[enrp.HandleUpdate](w.takeENRP(w.to[0x20])); len(got) > 0 {
			t.Errorf("0x20 hears %+v of it", got)
		}
	})
	t.Run("an orphan alone in a pool that is subscribed to", func(t *testing.T) { // ASAP-3.3-11
		w, _ := given(t)
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		user := w.up(registrar.ASAP, at(30, 50030), 0)
		w.asap(user, asap.HandleResolution{Handle: "echo", Subscribe: true})
		w.takeASAP(user)
		w.enrp(w.to[0x20], del)
		w.advance(time.Second)
		if got := only[asap.HandleResolutionResponse](t, w.takeASAP(user)); !slices.Equal(codes(got.Causes), []wire.CauseCode{9}) {
			t.Errorf("update %+v, want an unknown pool", got)
		}
	})
	t.Run("an orphan that is claimed", func(t *testing.T) {
		w, _ := given(t)
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		w.enrp(w.to[0x20], del)
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		if got := w.listed("echo"); !cmp.Equal(got, []string{"1@20"}) {
			t.Errorf("elements %v, want it at 0x20", got)
		}
	})
	t.Run("an orphan that is removed once more", func(t *testing.T) {
		w, _ := given(t)
		w.enrp(w.to[0x20], add(0x20, "echo", pe(1, 11)))
		w.enrp(w.to[0x20], del)
		w.enrp(w.to[0x20], del)
		if got := codes(w.resolve("echo").Causes); !slices.Equal(got, []wire.CauseCode{9}) {
			t.Errorf("causes %v, want an unknown pool", got)
		}
	})
}

// TK-14: what a TAKEOVER_SERVER moved and the new home does not know is not lost.
func TestUnconfirmedElementsAreKept(t *testing.T) {
	w := widowed(t, 2, 0x70)
	w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
	w.enrp(w.to[0x70], presence(0x70)) // its sum is that of none: 0x50 asks
	w.enrp(w.to[0x70], enrp.HandleTableResponse{
		IDs:   ids(0x70, self),
		Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(0x70, pe(1, 11))}}},
	})
	if got := w.listed("echo"); !cmp.Equal(got, []string{"1@70"}) {
		t.Fatalf("elements %v, want the second an orphan", got)
	}
	user := w.up(registrar.ASAP, at(30, 50030), 0)
	for range 3 { // ASAP-3.3-01: it takes nobody's turn
		w.asap(user, asap.HandleResolution{Handle: "echo", Items: 1})
		if m := only[asap.HandleResolutionResponse](t, w.takeASAP(user)); len(m.Elements) != 1 || m.Elements[0].ID != 1 {
			t.Errorf("one item of the pool is %+v, want element 1", m)
		}
	}
	a := w.up(registrar.ASAP, at(12, 40012), 0)
	for range 7 {
		w.alive(0x70)
		w.advance(10 * time.Second)
		if len(all[asap.EndpointKeepAlive](w.takeASAP(a))) > 0 {
			w.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 2})
		}
	}
	if got := w.listed("echo"); !slices.Contains(got, "2@50") {
		t.Errorf("elements %v, want the orphan here", got)
	}
}

// An element that a TAKEOVER_SERVER moved registers here: nothing of it is left at
// the other registrar.
func TestUnconfirmedElementRegistersHere(t *testing.T) {
	w := widowed(t, 1, 0x70)
	w.enrp(w.to[0x70], enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
	w.asap(w.up(registrar.ASAP, at(11, 40011), 0), asap.Registration{Handle: "echo", Element: pe(1, 11)})
	if got := w.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
		t.Errorf("elements %v, want it here", got)
	}
}
