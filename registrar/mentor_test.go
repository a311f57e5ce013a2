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

// starting gives a registrar with two configured peers, P1 0x60 and P2 0x70, and
// the dials to them.
func starting(t *testing.T) (b *bench, p1, p2 registrar.Dial) {
	t.Helper()
	b = idle(t, config(self, 1, at(60, 9901), at(70, 9901)))
	b.step(registrar.Start{})
	if len(b.dials) != 2 {
		t.Fatalf("dials %v, want both configured peers", b.dials)
	}
	return b, b.dials[0], b.dials[1]
}

func (b *bench) answer(d registrar.Dial) registrar.AssociationID {
	b.t.Helper()
	return b.up(registrar.ENRP, d.To, d.ID)
}

func TestAlone(t *testing.T) {
	b := serving(t)
	if len(b.dials) > 0 || b.r.Phase() != feed.Serving { // ENRP-3.2-01
		t.Errorf("dials %v, phase %v, want none and serving", b.dials, b.r.Phase())
	}
	b.mustRegister(b.element(11), "echo", pe(1, 11))
}

func TestStartWithMentor(t *testing.T) {
	b, d1, d2 := starting(t)
	p1, p2 := b.answer(d1), b.answer(d2)
	first := b.takeENRP(p1)
	// ENRP-3.2-02 ENRP-3.2-03
	if diff := cmp.Diff(enrp.Message(enrp.ListRequest{IDs: ids(self, 0)}), first[0]); diff != "" {
		t.Errorf("first message to the mentor (-want +got):\n%s", diff)
	}
	if got := all[enrp.ListRequest](b.takeENRP(p2)); len(got) > 0 {
		t.Errorf("backup is asked too: %v", got)
	}
	b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{
		information(0x60, 60), information(self, 1), information(0x80, 80), {Transport: information(0, 90).Transport},
	}})
	// ENRP-3.2.3-01 ENRP-3.2-06
	if got := only[enrp.HandleTableRequest](t, b.takeENRP(p1)); got.OwnOnly || got.Receiver != 0x60 {
		t.Errorf("table request %+v, want W=0 to the mentor", got)
	}
	// ENRP-3.2-05: P3 is called and greeted; nobody else is
	if len(b.dials) != 3 || !cmp.Equal(b.dials[2].To, at(80, 9901), deepEqual) {
		t.Fatalf("dials %v, want a third, to P3", b.dials)
	}
	if m := only[enrp.Presence](t, b.takeENRP(b.answer(b.dials[2]))); !m.ReplyRequired {
		t.Errorf("greeting of P3 %+v, want a PRESENCE with the reply bit", m)
	}
	if b.r.Phase() != feed.Starting {
		t.Errorf("phase %v before the table is complete", b.r.Phase())
	}
	part := func(more bool, pools ...enrp.Pool) {
		t.Helper()
		b.enrp(p1, enrp.HandleTableResponse{IDs: ids(0x60, self), More: more, Pools: pools})
	}
	lu := func(load uint32) func(*wire.PoolElement) {
		return policy(wire.Policy{Type: wire.LeastUsed, Load: load})
	}
	part(true, enrp.Pool{Handle: "echo", Elements: []wire.PoolElement{of(0x60, pe(1, 11)), of(0x70, pe(2, 12))}})
	// ENRP-3.2.3-05
	if got := only[enrp.HandleTableRequest](t, b.takeENRP(p1)); got.OwnOnly {
		t.Errorf("second request %+v, want the same W", got)
	}
	part(true,
		enrp.Pool{Handle: "echo", Elements: []wire.PoolElement{of(0x60, pe(3, 11)), of(self, pe(4, 11)), of(0, pe(5, 11))}}, // ENRP-3.2.3-09
		enrp.Pool{Handle: "load", Elements: []wire.PoolElement{of(0x60, pe(1, 11, lu(5)))}})
	only[enrp.HandleTableRequest](t, b.takeENRP(p1))
	part(false, enrp.Pool{Handle: "load", Elements: []wire.PoolElement{of(0x60, pe(1, 11, lu(7)))}}) // ENRP-3.2.3-07
	if b.r.Phase() != feed.Serving {                                                                 // ENRP-3.2.3-11
		t.Fatalf("phase %v after the last part, want serving", b.r.Phase())
	}
	// ENRP-3.2.3-06 ENRP-3.2.3-18
	if got := b.listed("echo"); len(got) != 3 {
		t.Errorf("echo has %v, want elements 1 to 3", got)
	}
	if got := b.resolve("load"); got.Policy.Type != wire.LeastUsed || got.Elements[0].Policy.Load != 7 {
		t.Errorf("load resolves to %+v, want least used with load 7", got)
	}
	b.mustRegister(b.element(11), "echo", pe(9, 11))
	// ENRP-3.2-11
	b.sent[p1] = nil
	b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self), Servers: []wire.ServerInformation{information(0x60, 60)}})
	if got := b.takeENRP(p1); len(got) > 0 || b.r.Phase() != feed.Serving {
		t.Errorf("unsolicited list: sent %v, phase %v", got, b.r.Phase())
	}
}

func TestEmptyMentor(t *testing.T) {
	b, d1, _ := starting(t)
	p1 := b.answer(d1)
	b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self)})
	b.enrp(p1, enrp.HandleTableResponse{IDs: ids(0x60, self)})
	if b.r.Phase() != feed.Serving { // ENRP-3.2.3-10
		t.Errorf("phase %v after an empty table, want serving", b.r.Phase())
	}
}

func TestMentorFails(t *testing.T) {
	table := enrp.HandleTableResponse{IDs: ids(0x60, self), More: true, Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(0x60, pe(1, 11))}}}}
	tests := []struct {
		name string
		fail func(b *bench, p1 registrar.AssociationID)
	}{
		{"no list", func(b *bench, _ registrar.AssociationID) { b.advance(5 * time.Second) }}, // ENRP-3.2-04 TMR-03
		{"list refused", func(b *bench, p1 registrar.AssociationID) { // ENRP-3.2-07
			b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self), Reject: true})
		}},
		{"association lost", func(b *bench, p1 registrar.AssociationID) { b.down(p1) }},
		{"table refused", func(b *bench, p1 registrar.AssociationID) { // ENRP-3.2.3-13
			b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self)})
			b.enrp(p1, enrp.HandleTableResponse{IDs: ids(0x60, self), Reject: true})
		}},
		{"no next part", func(b *bench, p1 registrar.AssociationID) { // ENRP-3.2.3-14
			b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self)})
			b.enrp(p1, table)
			b.advance(5 * time.Second)
		}},
		{"endless table", func(b *bench, p1 registrar.AssociationID) {
			b.enrp(p1, enrp.ListResponse{IDs: ids(0x60, self)})
			b.enrp(p1, enrp.HandleTableResponse{IDs: ids(0x60, self), More: true})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, d1, d2 := starting(t)
			p1, p2 := b.answer(d1), b.answer(d2)
			tt.fail(b, p1)
			only[enrp.ListRequest](t, b.takeENRP(p2))
			b.enrp(p2, enrp.ListResponse{IDs: ids(0x70, self)})
			b.enrp(p2, enrp.HandleTableResponse{IDs: ids(0x70, self), Pools: []enrp.Pool{{Handle: "echo", Elements: []wire.PoolElement{of(0x70, pe(2, 12))}}}})
			if b.r.Phase() != feed.Serving {
				t.Errorf("phase %v, want serving by the backup's table", b.r.Phase())
			}
		})
	}
}

func TestNoMentor(t *testing.T) {
	t.Run("unreachable", func(t *testing.T) {
		b, d1, d2 := starting(t)
		b.step(registrar.DialFailed{Dial: d2.ID, Reason: "refused"})
		b.step(registrar.DialFailed{Dial: d1.ID, Reason: "refused"})
		if b.r.Phase() != feed.Serving {
			t.Fatalf("phase %v, want serving at once", b.r.Phase())
		}
		only[registrar.Noted](t, b.noted("registrar.alone"))
		// ENRP-3.4.2-03
		b.dials = nil
		b.advance(30 * time.Second)
		if len(b.dials) != 2 {
			t.Fatalf("dials %v after a heartbeat, want both again", b.dials)
		}
		b.step(registrar.DialFailed{Dial: b.dials[1].ID, Reason: "refused"})
		if got := len(b.noted("peer.unreachable")); got != 2 {
			t.Errorf("said %d times that a peer is unreachable, want once for each", got)
		}
		p1 := b.answer(b.dials[0])
		if m := only[enrp.Presence](t, b.takeENRP(p1)); m.Receiver != 0 || !m.ReplyRequired { // ENRP-3.4.2-03
			t.Errorf("greeting %+v, want receiver 0 and the reply bit", m)
		}
		b.dials = nil
		b.enrp(p1, presence(0x60))
		b.advance(30 * time.Second)
		if len(b.dials) != 1 || !cmp.Equal(b.dials[0].To, at(70, 9901), deepEqual) {
			t.Errorf("dials %v, want only the one not heard", b.dials)
		}
	})
	for _, reject := range []bool{true, false} { // ENRP-3.2-08
		b, d1, d2 := starting(t)
		p1, p2 := b.answer(d1), b.answer(d2)
		asked := 0
		for start := b.now; b.r.Phase() == feed.Starting; {
			if b.now.Sub(start) > time.Minute {
				t.Fatal("still starting after a minute")
			}
			for id, p := range map[wire.ServerID]registrar.AssociationID{0x60: p1, 0x70: p2} {
				if n := len(all[enrp.ListRequest](b.takeENRP(p))); n > 0 {
					asked += n
					if reject {
						b.enrp(p, enrp.ListResponse{IDs: ids(id, self), Reject: true})
					}
				}
			}
			b.advance(100 * time.Millisecond)
		}
		if asked != 6 { // TMR-05
			t.Errorf("asked %d times, want 3 rounds of 2", asked)
		}
		only[registrar.Noted](t, b.noted("registrar.alone"))
	}
}

func TestBeingMentor(t *testing.T) {
	b := serving(t)
	p1 := b.peer(0x60, 60)
	p2 := b.peer(0x70, 70)
	b.enrp(p1, enrp.ListRequest{IDs: ids(0x60, 0)})
	// ENRP-3.2-09
	want := enrp.ListResponse{IDs: ids(self, 0x60), Servers: []wire.ServerInformation{information(self, 1), information(0x70, 70)}}
	if diff := cmp.Diff([]enrp.Message{want}, b.takeENRP(p1), deepEqual); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	a := b.element(11)
	b.mustRegister(a, "echo", pe(1, 11), pe(2, 11))
	b.enrp(p2, enrp.HandleUpdate{IDs: ids(0x70, 0), Handle: "echo", Element: of(0x70, pe(3, 12))})
	b.enrp(p2, enrp.HandleUpdate{IDs: ids(0x70, 0), Handle: "web", Element: of(0x70, pe(3, 12, policy(wire.Policy{Type: 0xb0001003, Raw: "load"})))})
	b.sent[p1] = nil
	for _, ownOnly := range []bool{false, true} {
		b.enrp(p1, enrp.HandleTableRequest{IDs: ids(0x60, self), OwnOnly: ownOnly})
		want := enrp.HandleTableResponse{IDs: ids(self, 0x60), Pools: []enrp.Pool{
			{Handle: "echo", Elements: []wire.PoolElement{of(self, pe(1, 11)), of(self, pe(2, 11))}},
		}}
		if !ownOnly {
			want.Pools[0].Elements = append(want.Pools[0].Elements, of(0x70, pe(3, 12)))
			// POL-7-05
			want.Pools = append(want.Pools, enrp.Pool{Handle: "web", Elements: []wire.PoolElement{of(0x70, pe(3, 12, policy(wire.Policy{Type: 0xb0001003, Raw: "load"})))}})
		}
		// ENRP-3.2.3-02 ENRP-3.2.3-08 ENRP-3.2.3-16 ENRP-3.6.3-02
		if diff := cmp.Diff([]enrp.Message{want}, b.takeENRP(p1), deepEqual); diff != "" {
			t.Errorf("table, own only %v (-want +got):\n%s", ownOnly, diff)
		}
	}
}

func TestNotReadyToBeMentor(t *testing.T) {
	b, _, _ := starting(t)
	p := b.up(registrar.ENRP, at(80, 9901), 0)
	b.enrp(p, enrp.ListRequest{IDs: ids(0x80, 0)})
	b.enrp(p, enrp.HandleTableRequest{IDs: ids(0x80, 0)})
	got := b.takeENRP(p)
	// ENRP-3.2-10
	if diff := cmp.Diff(enrp.ListResponse{IDs: ids(self, 0x80), Reject: true}, only[enrp.ListResponse](t, got)); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	// ENRP-3.2.3-12
	if diff := cmp.Diff(enrp.HandleTableResponse{IDs: ids(self, 0x80), Reject: true}, only[enrp.HandleTableResponse](t, got)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// TestTableInParts downloads a table that many messages hold.
func TestTableInParts(t *testing.T) {
	b := serving(t, func(cfg *registrar.Config) { cfg.Limits.Downloads = 1 })
	b.fill(b.element(11), "big", 5000)
	p, q := b.peer(0x60, 60), b.peer(0x70, 70)
	ask := func(a registrar.AssociationID, id wire.ServerID) enrp.HandleTableResponse {
		t.Helper()
		b.sent[a] = nil
		b.enrp(a, enrp.HandleTableRequest{IDs: ids(id, self)})
		return only[enrp.HandleTableResponse](t, b.takeENRP(a)) // ENRP-3.2.3-03
	}
	first := ask(p, 0x60)
	if answer := ask(q, 0x70); !answer.Reject { // ENRP-3.2.3-12 TMR-25
		t.Error("second download served although one is the limit")
	}
	seen := map[wire.PEIdentifier]bool{}
	parts := 0
	for m := first; ; m = ask(p, 0x60) {
		parts++
		for _, pool := range m.Pools {
			for _, e := range pool.Elements {
				if seen[e.ID] {
					t.Fatalf("%v is there twice", e.ID)
				}
				seen[e.ID] = true
			}
		}
		if !m.More {
			break
		}
	}
	if len(seen) != 5000 || parts < 2 { // ENRP-3.2.3-03 ENRP-3.2.3-09
		t.Errorf("%d elements in %d parts, want 5000 in several", len(seen), parts)
	}
	if diff := cmp.Diff(first, ask(p, 0x60), deepEqual); diff != "" { // ENRP-3.2.3-04
		t.Errorf("after the last part the table does not start again:\n%s", diff)
	}
	b.advance(5 * time.Second)
	if diff := cmp.Diff(first, ask(p, 0x60), deepEqual); diff != "" { // ENRP-3.2.3-15 TMR-04
		t.Errorf("after the session timer the table does not start again:\n%s", diff)
	}
	b.asap(1, asap.Deregistration{Handle: "big", ID: first.Pools[0].Elements[0].ID}) // between two parts
	if m := ask(p, 0x60); m.Pools[0].Elements[0].ID != wire.PEIdentifier(len(first.Pools[0].Elements)+1) {
		t.Errorf("second part starts with %v", m.Pools[0].Elements[0].ID)
	}
}

// The peer's own attempt was complete first: its association is told of after
// the failure of ours, and is the mentor's then.
func TestMentorCallsFirst(t *testing.T) {
	b, d1, d2 := starting(t)
	b.step(registrar.DialFailed{Dial: d1.ID, Reason: "exists", Exists: true})
	only[enrp.ListRequest](t, b.takeENRP(b.up(registrar.ENRP, d1.To, 0)))
	b.step(registrar.DialFailed{Dial: d2.ID, Reason: "exists", Exists: true})
	if got := b.noted("peer.unreachable"); len(got) > 0 {
		t.Errorf("noted %v", got)
	}
	b.dials = nil
	b.advance(30 * time.Second) // P2 has not come after all
	if len(b.dials) != 1 || !cmp.Equal(b.dials[0].To, d2.To, deepEqual) {
		t.Errorf("dials %v, want P2 again", b.dials)
	}
}
