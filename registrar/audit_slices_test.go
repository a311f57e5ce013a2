package registrar_test

import (
	"testing"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// What a peer's table does not name is removed in slices (ENRP-3.6.3-04): no step is
// long, what the peer tells of meanwhile is not lost, and a part of the table that
// comes behind the last is none.
func TestPurgeInSlices(t *testing.T) {
	const n, slice = 2500, 1000
	w := serving(t)
	p := w.peer(0x60, 60)
	for i := range wire.PEIdentifier(n) {
		w.r.Step(w.now, registrar.Received{Association: p, Data: encoded(t, add(0x60, "echo", pe(i+1, 11)))})
	}
	w.tell(p, 0x60, sumOf("echo", n, n+1))
	only[enrp.HandleTableRequest](t, w.takeENRP(p))
	removed := 0
	step := func(ev registrar.Event) {
		t.Helper()
		now := removedBy(w, ev)
		if now > slice {
			t.Errorf("one step removes %d elements, want at most %d", now, slice)
		}
		removed += now
	}
	step(registrar.Received{Association: p, Data: encoded(t, nothing)})
	if removed == 0 || removed == n {
		t.Fatalf("%d of %d elements removed by the first step, want a slice", removed, n)
	}
	for _, m := range []enrp.Message{add(0x60, "echo", pe(n, 11)), add(0x60, "echo", pe(n+1, 11)), part(false, of(0x60, pe(n+2, 11)))} {
		step(registrar.Received{Association: p, Data: encoded(t, m)})
	}
	for w.r.Step(w.now, registrar.Tick{}); ; step(registrar.Tick{}) {
		at, ok := w.r.Deadline()
		if !ok || at.Sub(w.now) > 1000 {
			break
		}
		w.now = at
	}
	if got := w.listed("echo"); removed != n-1 || len(got) != 2 {
		t.Errorf("%d elements removed, %d are left, want %d and those that were told of since", removed, len(got), n-1)
	}
	w.tell(p, 0x60, sumOf("echo", n, n+1))
	if got := w.takeENRP(p); len(got) > 0 {
		t.Errorf("asked again: %v", got)
	}
}

// What is not purged yet when another one takes the peer over is that one's.
func TestPurgeEndsWithPeer(t *testing.T) {
	const n = 2500
	w := serving(t)
	p, by := w.peer(0x60, 60), w.peer(0x70, 70)
	for i := range wire.PEIdentifier(n) {
		w.r.Step(w.now, registrar.Received{Association: p, Data: encoded(t, add(0x60, "echo", pe(i+1, 11)))})
	}
	w.tell(p, 0x60, 0x1234)
	if removed := removedBy(w, registrar.Received{Association: p, Data: encoded(t, nothing)}); removed == 0 || removed == n {
		t.Fatalf("%d of %d elements removed by the first step, want a slice", removed, n)
	}
	w.enrp(by, enrp.TakeoverServer{Takeover: takeover(0x70, 0x60)})
	for range 5 {
		w.now = w.now.Add(1)
		if removed := removedBy(w, registrar.Tick{}); removed > 0 {
			t.Errorf("%d elements removed that have another home now", removed)
		}
	}
}

// nothing is the table of a peer that has no elements.
var nothing = enrp.HandleTableResponse{IDs: ids(0x60, self)}

// removedBy is how many elements a step removes.
func removedBy(w *bench, ev registrar.Event) (n int) {
	w.changes = nil
	w.step(ev)
	for _, m := range w.changes {
		if u, ok := m.(enrp.HandleUpdate); ok && u.Action == enrp.DelPE {
			n++
		}
	}
	return n
}
