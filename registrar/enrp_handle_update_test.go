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

func add(home wire.ServerID, handle wire.PoolHandle, e wire.PoolElement) enrp.HandleUpdate {
	return enrp.HandleUpdate{IDs: ids(home, 0), Action: enrp.AddPE, Handle: handle, Element: of(home, e)}
}

// removal is a DEL from a sender that believes home to be the owner.
func removal(sender, home wire.ServerID, handle wire.PoolHandle, e wire.PoolElement) enrp.HandleUpdate {
	return enrp.HandleUpdate{IDs: ids(sender, 0), Action: enrp.DelPE, Handle: handle, Element: of(home, e)}
}

func TestHandleUpdate(t *testing.T) {
	b := serving(t)
	p, q := b.peer(0x60, 60), b.peer(0x70, 70)
	wrr := policy(wire.Policy{Type: wire.WeightedRoundRobin, Weight: 3})
	b.enrp(p, add(0x60, "echo", pe(1, 11, wrr)))
	if got := b.resolve("echo"); got.Policy.Type != wire.WeightedRoundRobin || len(got.Elements) != 1 { // ENRP-3.3.1-03
		t.Errorf("echo resolves to %+v", got)
	}
	heavier := pe(1, 11, policy(wire.Policy{Type: wire.WeightedRoundRobin, Weight: 9}), transport(func(u *wire.Transport) { u.Port = 99 }))
	b.enrp(p, add(0x60, "echo", heavier))
	if got := b.resolve("echo").Elements; len(got) != 1 || got[0].Policy.Weight != 9 || got[0].UserTransport.Port != 99 { // ENRP-3.3.1-04
		t.Errorf("echo has %+v, want the new attributes", got)
	}
	for _, bad := range []enrp.HandleUpdate{
		add(0x60, "echo", pe(2, 11)), // ENRP-3.3.1-05
		{IDs: ids(0x60, 0), Handle: "echo", Element: of(self, pe(2, 11, wrr))}, // ENRP-3.3.1-07
		{IDs: ids(0x60, 0), Handle: "echo", Element: of(0x70, pe(2, 11, wrr))},
		{IDs: ids(0x60, 0), Handle: "echo", Element: of(0, pe(2, 11, wrr))},
		removal(0x60, 0x60, "echo", pe(9, 11)), // ENRP-3.3.2-03
		removal(0x60, 0x60, "nope", pe(1, 11)), // ENRP-3.3.2-03
	} {
		b.enrp(p, bad)
	}
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@60"}) {
		t.Errorf("echo has %v, want the first element only", got)
	}
	if got := len(b.noted("update.refused")) + len(b.noted("update.ignored")); got != 4 {
		t.Errorf("%d updates noted, want the 4 bad ones", got)
	}
	b.enrp(p, removal(0x60, 0x60, "echo", pe(1, 11)))
	if got := codes(b.resolve("echo").Causes); !cmp.Equal(got, []wire.CauseCode{9}) { // ENRP-3.3.2-02
		t.Errorf("after the last DEL: causes %v, want an unknown pool", got)
	}
	if got := append(b.takeENRP(p), b.takeENRP(q)...); len(got) > 0 { // ENRP-3.3.1-08
		t.Errorf("peers hear %+v, want nothing", got)
	}
}

func TestBadAction(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	m := add(0x60, "echo", pe(1, 11))
	m.Action = 2
	b.enrp(p, m)
	if got := b.listed("echo"); len(got) > 0 { // ENRP-2.4-01
		t.Errorf("action 2 gives %v", got)
	}
	data, err := enrp.Append(nil, add(0x60, "echo", pe(1, 11)))
	if err != nil {
		t.Fatal(err)
	}
	data[14], data[15] = 0xff, 0xff // the reserved field behind the action
	b.step(registrar.Received{Association: p, Data: data})
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@60"}) { // ENRP-2.4-02
		t.Errorf("with the reserved field set: %v", got)
	}
}

func TestElementMovesAway(t *testing.T) {
	b := serving(t, interval(15*time.Second))
	p := b.peer(0x60, 60)
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11))
	b.advance(5 * time.Second)
	b.sent[p] = nil
	b.enrp(p, add(0x60, "echo", pe(1, 11)))
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@60"}) { // ENRP-3.3.1-06
		t.Errorf("listed %v, want the new home", got)
	}
	b.sent[a] = nil
	for range 2 {
		b.advance(25 * time.Second)
		b.enrp(p, enrp.Presence{IDs: ids(0x60, 0)})
	}
	if got := b.takeASAP(a); len(got) > 0 { // ENRP-3.3.1-06
		t.Errorf("still asked: %v", got)
	}
	for _, m := range b.takeENRP(p) {
		if m, ok := m.(enrp.Presence); !ok || m.Checksum != 0xffff { // ENRP-3.3.1-06
			t.Errorf("peer hears %+v, want heartbeats with the sum of nothing", m)
		}
	}
}

// TestRegistrationsCross: both registrars accepted the element just now. The one
// with the larger ID keeps it.
func TestRegistrationsCross(t *testing.T) {
	for _, rival := range []wire.ServerID{0x40, 0x60} {
		b := serving(t)
		p := b.peer(rival, 60)
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11))
		b.advance(time.Second)
		b.sent[p] = nil
		b.enrp(p, add(rival, "echo", pe(1, 11)))
		updates := all[enrp.HandleUpdate](b.takeENRP(p))
		if rival < self {
			only[asap.EndpointKeepAlive](t, b.takeASAP(a))
			if got := b.listed("echo"); !cmp.Equal(got, []string{"1@50"}) || len(updates) != 1 || updates[0].Action != enrp.AddPE {
				t.Errorf("listed %v, peer hears %v: want it kept and announced again", got, updates)
			}
		} else if got := b.listed("echo"); !cmp.Equal(got, []string{"1@60"}) || len(updates) > 0 {
			t.Errorf("listed %v, peer hears %v: want it given up in silence", got, updates)
		}
	}
}

func TestRemovalByPeers(t *testing.T) {
	b := serving(t)
	p1, p2, p3 := b.peer(0x60, 60), b.peer(0x70, 70), b.peer(0x80, 80)
	b.enrp(p1, add(0x60, "echo", pe(1, 11)))
	b.enrp(p2, add(0x70, "echo", pe(1, 11)))
	b.enrp(p1, removal(0x60, 0x60, "echo", pe(1, 11)))
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@70"}) { // ENRP-3.3.2-04
		t.Errorf("a late DEL of the former home: %v", got)
	}
	b.enrp(p3, removal(0x80, 0x70, "echo", pe(1, 11)))
	if got := b.listed("echo"); len(got) > 0 { // ENRP-3.3.2-04
		t.Errorf("a DEL by one that is not the home: %v, want it removed", got)
	}
}

func TestRemovalOfOwnElement(t *testing.T) {
	for _, lives := range []bool{true, false} {
		b := serving(t)
		p := b.peer(0x60, 60)
		a := b.element(11)
		b.mustRegister(a, "echo", pe(1, 11))
		b.advance(2 * time.Second)
		b.sent[p] = nil
		b.enrp(p, removal(0x60, 0x60, "echo", pe(1, 11))) // stale
		if got := b.takeASAP(a); len(got) > 0 {
			t.Errorf("asked after a stale DEL: %v", got)
		}
		b.enrp(p, removal(0x60, self, "echo", pe(1, 11)))
		only[asap.EndpointKeepAlive](t, b.takeASAP(a))
		if got := b.listed("echo"); len(got) != 1 {
			t.Errorf("removed before it was asked: %v", got)
		}
		want := enrp.DelPE
		if lives {
			want = enrp.AddPE
			b.asap(a, asap.EndpointKeepAliveAck{Handle: "echo", ID: 1})
		}
		b.advance(5 * time.Second)
		// ENRP-3.3.2-04
		if m := only[enrp.HandleUpdate](t, b.takeENRP(p)); m.Action != want || m.Element.HomeServer != self {
			t.Errorf("lives %v: peer hears %+v", lives, m)
		}
	}
}

// TestCopiesDoNotExpire: only the home ends a registration by its life.
func TestCopiesDoNotExpire(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	b.enrp(p, add(0x60, "echo", pe(1, 11, life(10))))
	b.sent[p] = nil
	for range 3 {
		b.advance(20 * time.Second)
		b.enrp(p, enrp.Presence{IDs: ids(0x60, 0)})
	}
	if got := b.listed("echo"); len(got) != 1 { // ENRP-3.3.1-09
		t.Errorf("listed %v after 60 s, want it kept", got)
	}
	if got := all[enrp.HandleUpdate](b.takeENRP(p)); len(got) > 0 { // ENRP-3.3.1-09
		t.Errorf("peer hears %v", got)
	}
}

func TestTakeoverOfOthers(t *testing.T) {
	b := serving(t)
	p1, p2, p3 := b.peer(0x60, 60), b.peer(0x70, 70), b.peer(0x80, 80)
	b.mustRegister(b.element(11), "echo", pe(1, 11))
	b.enrp(p1, add(0x60, "echo", pe(2, 12)))
	b.enrp(p3, add(0x80, "echo", pe(3, 13)))
	b.sent = map[registrar.AssociationID][][]byte{}
	b.enrp(p2, enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids(0x70, 0), Target: 0x60}})
	// ENRP-3.5.1-12
	want := enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: ids(self, 0x70), Target: 0x60}}
	if diff := cmp.Diff([]enrp.Message{want}, b.takeENRP(p2), deepEqual); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	b.enrp(p2, enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids(0x70, 0), Target: 0x99}})
	only[enrp.InitTakeoverAck](t, b.takeENRP(p2)) // ENRP-3.5.1-13
	b.enrp(p2, enrp.InitTakeoverAck{Takeover: enrp.Takeover{IDs: ids(0x70, 0), Target: 0x60}})
	if got := b.takeENRP(p2); len(got) > 0 { // ENRP-3.5.1-15
		t.Errorf("answer to a consent: %v", got)
	}
	b.enrp(p2, enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids(0x70, 0), Target: 0x60}})
	// ENRP-3.5.2-06 ENRP-3.5.2-07
	if got := b.listed("echo"); len(got) != 3 || !cmp.Equal(map[string]bool{got[0]: true, got[1]: true, got[2]: true},
		map[string]bool{"1@50": true, "2@70": true, "3@80": true}) {
		t.Errorf("listed %v, want only the target's element moved", got)
	}
	if err := b.r.Verify(); err != nil {
		t.Error(err)
	}
}

func TestTakeoverOfThis(t *testing.T) {
	b := serving(t)
	p, q := b.peer(0x60, 60), b.peer(0x70, 70)
	b.mustRegister(b.element(11), "echo", pe(1, 11))
	b.sent = map[registrar.AssociationID][][]byte{}
	b.enrp(p, enrp.InitTakeover{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: self}})
	only[enrp.Presence](t, b.takeENRP(p)) // ENRP-3.5.1-07
	only[enrp.Presence](t, b.takeENRP(q)) // ENRP-3.5.1-07
	b.enrp(p, enrp.TakeoverServer{Takeover: enrp.Takeover{IDs: ids(0x60, 0), Target: self}})
	for _, a := range []registrar.AssociationID{p, q} { // ENRP-3.5.2-08
		got := b.takeENRP(a)
		only[enrp.Presence](t, got)
		if m := only[enrp.HandleUpdate](t, got); m.Action != enrp.AddPE || m.Element.HomeServer != self {
			t.Errorf("peer hears %+v, want our element announced again", m)
		}
	}
	if got := b.listed("echo"); !cmp.Equal(got, []string{"1@50"}) {
		t.Errorf("listed %v", got)
	}
}
