package replica_test

import (
	"strings"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

func numbers(r *replica.Replica) (list []uint64) {
	for _, m := range r.Captured() {
		list = append(list, m.Number)
	}
	return list
}

// Captured messages are kept in order, once, and gaps are counted.
func TestCaptured(t *testing.T) {
	r := started(t)
	if r.LastCaptured() != 0 || r.Missed() != 0 || r.Captured() != nil {
		t.Fatal("there is something before any came")
	}
	r.TakeDirty()
	for _, n := range []uint64{40, 41, 41, 40, 45} {
		apply(t, r, feed.Captured{Number: n, Data: "x"})
	}
	if got := numbers(r); len(got) != 3 || got[0] != 40 || got[2] != 45 || r.LastCaptured() != 45 || r.Missed() != 3 {
		t.Errorf("messages %v, last %d, %d missed, want 40 41 45, 45 and 3", got, r.LastCaptured(), r.Missed())
	}
	if d := r.TakeDirty(); !d.Captured || d.All {
		t.Errorf("dirty is %+v", d)
	}
	// What was worked out of one stays with it, over a new snapshot too.
	r.Captured()[0].Memo = "seen"
	apply(t, r, r.Hello())
	if got := numbers(r); len(got) != 3 || r.Captured()[0].Memo != "seen" || r.Missed() != 3 {
		t.Errorf("after a snapshot of the same registrar %v, %d missed", got, r.Missed())
	}
	// Another run of the registrar counts anew.
	h := r.Hello()
	h.Epoch++
	apply(t, r, h)
	apply(t, r, feed.Captured{Number: 2})
	if got := numbers(r); len(got) != 1 || got[0] != 2 || r.Missed() != 0 {
		t.Errorf("after a restart %v, %d missed, want 2 alone", got, r.Missed())
	}
}

// At most 1,000 messages and 4 MiB of them are kept, the latest.
func TestCapturedIsBounded(t *testing.T) {
	for _, tt := range []struct{ size, want int }{{10, 1000}, {8192, 512}, {4194, 1000}, {4195, 999}} {
		r := started(t)
		data := strings.Repeat("x", tt.size)
		for n := range uint64(2000) {
			apply(t, r, feed.Captured{Number: n + 1, Data: data})
		}
		if got := numbers(r); len(got) != tt.want || got[len(got)-1] != 2000 || got[0] != uint64(2001-tt.want) {
			t.Errorf("of messages of %d bytes %d are kept, %d to %d, want the latest %d", tt.size, len(got), got[0], got[len(got)-1], tt.want)
		}
	}
}
