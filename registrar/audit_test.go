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

func (b *bench) tell(a registrar.AssociationID, id wire.ServerID, sum wire.Checksum) {
	b.t.Helper()
	b.enrp(a, enrp.Presence{IDs: ids(id, 0), Checksum: sum, HasChecksum: true})
}

func sumOf(handle wire.PoolHandle, elements ...wire.PEIdentifier) wire.Checksum {
	var s enrp.Sum
	for _, id := range elements {
		s.Add(handle, id)
	}
	return s.Checksum()
}

// out of step: P1 has told of elements 1 and 2, but owns 2 and 3.
func outOfStep(t *testing.T) (b *bench, p1, p2 registrar.AssociationID) {
	b = serving(t)
	p1, p2 = b.peer(0x60, 60), b.peer(0x70, 70)
	b.enrp(p1, add(0x60, "echo", pe(1, 11)))
	b.enrp(p1, add(0x60, "echo", pe(2, 11)))
	b.tell(p1, 0x60, sumOf("echo", 1, 2))
	if got := all[enrp.HandleTableRequest](b.takeENRP(p1)); len(got) > 0 { // ENRP-3.6.1-02
		t.Fatalf("asked although the sums agree: %v", got)
	}
	b.tell(p1, 0x60, sumOf("echo", 2, 3))
	// ENRP-3.6.1-03 ENRP-3.6.3-01
	if m := only[enrp.HandleTableRequest](t, b.takeENRP(p1)); !m.OwnOnly || m.Receiver != 0x60 {
		t.Fatalf("request %+v, want W=1", m)
	}
	return b, p1, p2
}

func part(more bool, elements ...wire.PoolElement) enrp.HandleTableResponse {
	return enrp.HandleTableResponse{IDs: ids(0x60, self), More: more, Pools: []enrp.Pool{{Handle: "echo", Elements: elements}}}
}

func TestAudit(t *testing.T) {
	b, p1, p2 := outOfStep(t)
	b.enrp(p1, part(true, of(0x60, pe(2, 11, life(77)))))
	only[enrp.HandleTableRequest](t, b.takeENRP(p1))
	if got := b.listed("echo"); len(got) != 2 { // ENRP-3.6.3-05
		t.Errorf("listed %v before the last part, want nothing purged", got)
	}
	b.enrp(p1, part(false, of(0x60, pe(3, 11)), of(0x70, pe(4, 11))))
	got := b.resolve("echo").Elements
	if len(got) != 2 || got[0].ID+got[1].ID != 5 || got[0].Life+got[1].Life != 377 { // ENRP-3.6.3-03 ENRP-3.6.3-04
		t.Errorf("listed %+v, want 2 with its new life and 3", got)
	}
	if heard := b.takeENRP(p2); len(all[enrp.HandleUpdate](heard)) > 0 { // ENRP-3.6.3-04
		t.Errorf("another peer hears %v", heard)
	}
	b.tell(p1, 0x60, sumOf("echo", 2, 3))
	if got := b.takeENRP(p1); len(got) > 0 { // ENRP-3.6.3-08
		t.Errorf("asked again: %v", got)
	}
	// Healed, so the next difference is seen at once.
	b.tell(p1, 0x60, sumOf("echo", 2))
	only[enrp.HandleTableRequest](t, b.takeENRP(p1))
}

func TestAuditThatDoesNotHelp(t *testing.T) {
	b := serving(t)
	p := b.peer(0x60, 60)
	asked := 0
	for range 100 {
		b.tell(p, 0x60, 0x1234)
		for range all[enrp.HandleTableRequest](b.takeENRP(p)) {
			asked++
			b.enrp(p, enrp.HandleTableResponse{IDs: ids(0x60, self)})
		}
		b.advance(3 * time.Second)
	}
	if asked != 10 { // ENRP-3.6.1-04
		t.Errorf("asked %d times in 300 s, want once in a heartbeat", asked)
	}
}

func TestAuditFails(t *testing.T) {
	for _, reject := range []bool{true, false} {
		b, p1, _ := outOfStep(t)
		if reject {
			b.enrp(p1, enrp.HandleTableResponse{IDs: ids(0x60, self), Reject: true})
		} else {
			b.advance(5 * time.Second)
		}
		b.enrp(p1, part(false, of(0x60, pe(3, 11))))                                        // too late, or not asked for
		if got := b.listed("echo"); len(got) != 2 || got[0] != "1@60" && got[1] != "1@60" { // ENRP-3.6.3-06
			t.Errorf("rejected %v: listed %v, want what was there", reject, got)
		}
		b.advance(30 * time.Second)
		b.sent[p1] = nil
		b.tell(p1, 0x60, sumOf("echo", 2, 3))
		only[enrp.HandleTableRequest](t, b.takeENRP(p1)) // ENRP-3.6.3-06
	}
}

func TestMovesDuringAudit(t *testing.T) {
	b, p1, p2 := outOfStep(t)
	b.enrp(p2, add(0x70, "echo", pe(1, 11)))
	b.enrp(p1, add(0x60, "echo", pe(9, 11)))
	b.enrp(p1, part(false, of(0x60, pe(3, 11)), of(0x60, pe(2, 11)), of(0x60, pe(9, 11)), of(0x60, pe(1, 11)))) // of 1 it has not heard yet
	got := map[string]bool{}
	for _, e := range b.listed("echo") {
		got[e] = true
	}
	// ENRP-3.6.3-07 ENRP-3.2.3-17
	if diff := cmp.Diff(map[string]bool{"1@70": true, "2@60": true, "3@60": true, "9@60": true}, got); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

// The feed hears the verdict of the moment when the sums were compared, and
// that a resynchronisation has mended it.
func TestAuditVerdict(t *testing.T) {
	b, p1, _ := outOfStep(t)
	verdict := func(want bool) {
		t.Helper()
		var last feed.PeerState
		for _, m := range b.changes {
			if s, ok := m.(feed.PeerState); ok && s.Peer == 0x60 {
				last = s
			}
		}
		if !last.HasTold || last.Matched != want {
			t.Errorf("peer state %+v, want matched %v", last, want)
		}
	}
	verdict(false)
	b.enrp(p1, part(false, of(0x60, pe(2, 11)), of(0x60, pe(3, 11))))
	verdict(true)
	b.enrp(p1, add(0x60, "echo", pe(4, 11))) // newer than the sum, not a mismatch
	verdict(true)
	b.tell(p1, 0x60, sumOf("echo", 2))
	verdict(false)
}
