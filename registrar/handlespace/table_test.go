package handlespace_test

import (
	"iter"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// ENRP-3.2.3-17: a table that is read in parts while elements come and go has
// at the end all that was there all the time, nothing twice, and nothing that
// was gone before its part was read.
func TestTableInPartsDuringChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := empty()
		now := map[handlespace.Ref]bool{}
		change := func(t *rapid.T) (ref handlespace.Ref) {
			ref = handlespace.Ref{
				Handle: rapid.SampledFrom(handles).Draw(t, "handle"),
				ID:     wire.PEIdentifier(rapid.IntRange(0, 9).Draw(t, "id")),
			}
			if now[ref] {
				h.Remove(ref.Handle, ref.ID)
			} else if _, err := h.Put(ref.Handle, pe(ref.ID, 1, rr), start); err != nil {
				t.Fatal(err)
			}
			now[ref] = !now[ref]
			return ref
		}
		for range rapid.IntRange(0, 40).Draw(t, "before") {
			change(t)
		}
		stable := maps.Clone(now) // what nothing happens to
		home := rapid.SampledFrom([]wire.ServerID{0, 1}).Draw(t, "home")
		var at handlespace.Position
		var got []handlespace.Ref
		for more := true; more; {
			more = false
			left := rapid.IntRange(1, 5).Draw(t, "part")
			for e := range h.Table(at, home) {
				if left == 0 {
					more = true
					break
				}
				left--
				ref := e.Ref()
				if !now[ref] {
					t.Fatalf("%v is in the table and was removed before", ref)
				}
				got = append(got, ref)
				at = e.Position()
			}
			for range rapid.IntRange(0, 4).Draw(t, "between") {
				delete(stable, change(t))
			}
			verify(t, h)
		}
		if home == 0 && (!slices.IsSortedFunc(got, compareRefs) || len(slices.Compact(slices.Clone(got))) != len(got)) {
			t.Fatalf("not in order, or twice: %v", got)
		}
		for ref, there := range stable {
			times := len(slices.DeleteFunc(slices.Clone(got), func(r handlespace.Ref) bool { return r != ref }))
			if there && times != 1 {
				t.Fatalf("%v was there all the time and is %d times in the table", ref, times)
			}
		}
	})
}

// Every walk may change what it walks over.
func TestChangesDuringWalk(t *testing.T) {
	fill := func() *handlespace.Handlespace {
		h := empty()
		for i := range 200 {
			put(t, h, wire.PoolHandle('a'+rune(i%7)), pe(wire.PEIdentifier(i), 1, rr))
		}
		return h
	}
	t.Run("takeover", func(t *testing.T) {
		h := fill()
		n := 0
		for e := range h.OwnedBy(1) {
			h.SetHome(e.Handle(), e.ID(), 2, time.Time{})
			n++
		}
		if n != 200 || h.Count(1) != 0 || h.Count(2) != 200 {
			t.Errorf("walked %d, homes have %d and %d, want 200, 0 and 200", n, h.Count(1), h.Count(2))
		}
		verify(t, h)
	})
	t.Run("remove all", func(t *testing.T) {
		h := fill()
		for p := range h.Pools() {
			for e := range h.Elements(p.Handle) {
				h.Remove(p.Handle, e.ID())
			}
		}
		if h.Len() != 0 || h.PoolCount() != 0 {
			t.Errorf("%d elements in %d pools are left", h.Len(), h.PoolCount())
		}
		verify(t, h)
	})
	t.Run("stop", func(t *testing.T) {
		var got []wire.PoolHandle
		for p := range fill().Pools() {
			if got = append(got, p.Handle); len(got) == 2 {
				break
			}
		}
		if diff := cmp.Diff([]wire.PoolHandle{"a", "b"}, got); diff != "" {
			t.Errorf("pools (-want +got):\n%s", diff)
		}
	})
	t.Run("what comes ahead", func(t *testing.T) {
		h := empty()
		put(t, h, "p", pe(0, 1, rr))
		var got []wire.PEIdentifier
		for e := range h.Elements("p") {
			at := e.ID()
			got = append(got, at)
			for id := at + 1; id < min(at+100, 1000); id++ { // enough to split nodes
				put(t, h, "p", pe(id, 1, rr))
			}
		}
		for id := range wire.PEIdentifier(1000) {
			if int(id) >= len(got) || got[id] != id {
				t.Fatalf("walked %d elements, %v is not in its place", len(got), id)
			}
		}
		verify(t, h)
	})
	t.Run("what comes and goes ahead", func(t *testing.T) {
		h := fill()
		var got []wire.PoolHandle
		for p := range h.Pools() {
			got = append(got, p.Handle)
			if p.Handle == "a" {
				for e := range h.Elements("b") {
					h.Remove("b", e.ID())
				}
				put(t, h, "bb", pe(1, 1, rr))
			}
		}
		if diff := cmp.Diff([]wire.PoolHandle{"a", "bb", "c", "d", "e", "f", "g"}, got); diff != "" {
			t.Errorf("pools (-want +got):\n%s", diff)
		}
		verify(t, h)
	})
}

// A pool that goes and comes again during a walk gets another number, and another
// pool may have gotten its own.
func TestPoolComesAgain(t *testing.T) {
	elements := func(h *handlespace.Handlespace) iter.Seq[handlespace.Entry] { return h.Elements("p") }
	table := func(h *handlespace.Handlespace) iter.Seq[handlespace.Entry] {
		return h.Table(handlespace.Position{}, 0)
	}
	ref := func(handle wire.PoolHandle, id wire.PEIdentifier) handlespace.Ref {
		return handlespace.Ref{Handle: handle, ID: id}
	}
	tests := []struct {
		name string
		// walk begins with element 4 of p; then the change happens.
		walk   func(h *handlespace.Handlespace) iter.Seq[handlespace.Entry]
		change func(*testing.T, *handlespace.Handlespace)
		want   []handlespace.Ref
	}{
		{"its elements", elements, comesAgain, []handlespace.Ref{ref("p", 4), ref("p", 5), ref("p", 6)}},
		{"the table", table, comesAgain, []handlespace.Ref{ref("p", 4), ref("p", 5), ref("p", 6), ref("z", 1)}},
		{"its elements, but it stays away", elements, goesAway, []handlespace.Ref{ref("p", 4)}},
		{"the table, but it stays away", table, goesAway, []handlespace.Ref{ref("p", 4), ref("z", 1)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := twoPools(t)
			var got []handlespace.Ref
			for e := range tt.walk(h) {
				if got = append(got, e.Ref()); len(got) == 1 {
					tt.change(t, h)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("walked (-want +got):\n%s", diff)
			}
		})
	}
}

// The same while a position is held, also one behind the highest identifier.
func TestPositionOutlivesItsPool(t *testing.T) {
	for _, id := range []wire.PEIdentifier{4, math.MaxUint32} {
		t.Run("behind "+id.String(), func(t *testing.T) {
			h := twoPools(t)
			put(t, h, "p", pe(id, 1, rr))
			e, _ := h.Find("p", id)
			at := e.Position()
			h.Remove("p", math.MaxUint32)
			comesAgain(t, h)
			var got []handlespace.Ref
			for e := range h.Table(at, 0) {
				got = append(got, e.Ref())
			}
			want := []handlespace.Ref{{Handle: "p", ID: 5}, {Handle: "p", ID: 6}, {Handle: "z", ID: 1}}
			if id > 4 {
				want = want[2:]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

// twoPools are p with 4 and 8, and z with 1.
func twoPools(t *testing.T) *handlespace.Handlespace {
	t.Helper()
	h := empty()
	for _, ref := range []handlespace.Ref{{Handle: "p", ID: 4}, {Handle: "p", ID: 8}, {Handle: "z", ID: 1}} {
		put(t, h, ref.Handle, pe(ref.ID, 1, rr))
	}
	return h
}

// comesAgain leaves p with 3, 5 and 6 under another number; a has its own now.
func comesAgain(t *testing.T, h *handlespace.Handlespace) {
	t.Helper()
	goesAway(t, h)
	for _, id := range []wire.PEIdentifier{6, 5, 3} {
		put(t, h, "p", pe(id, 1, rr))
	}
	verify(t, h)
}

// goesAway empties p; its number goes to a.
func goesAway(t *testing.T, h *handlespace.Handlespace) {
	t.Helper()
	for id := range wire.PEIdentifier(9) {
		h.Remove("p", id)
	}
	for _, id := range []wire.PEIdentifier{2, 4, 7} {
		put(t, h, "a", pe(id, 1, rr))
	}
	verify(t, h)
}
