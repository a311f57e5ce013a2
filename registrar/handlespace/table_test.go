package handlespace_test

import (
	"maps"
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

func TestExpiry(t *testing.T) {
	h := empty()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	for id, seconds := range []int{30, 10, 20, 10} {
		if _, err := h.Put("p", pe(wire.PEIdentifier(id), 1, rr), at(seconds)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, h, "p", pe(9, 1, rr)) // never expires
	ref := func(id wire.PEIdentifier) handlespace.Ref { return handlespace.Ref{Handle: "p", ID: id} }
	if next, ok := h.NextExpiry(); !ok || !next.Equal(at(10)) {
		t.Errorf("next expiry is %v, %v, want %v", next, ok, at(10))
	}
	tests := []struct {
		now  int
		want []handlespace.Ref
	}{
		{9, nil},
		{10, []handlespace.Ref{ref(1), ref(3)}},
		{20, []handlespace.Ref{ref(1), ref(3), ref(2)}},
		{99, []handlespace.Ref{ref(1), ref(3), ref(2), ref(0)}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, h.Expired(at(tt.now))); diff != "" {
			t.Errorf("due after %d s (-want +got):\n%s", tt.now, diff)
		}
	}
	for _, id := range []wire.PEIdentifier{1, 3, 2} {
		if _, err := h.Put("p", pe(id, 1, rr), at(60)); err != nil {
			t.Fatal(err)
		}
	}
	h.SetHome("p", 0, 2, time.Time{})
	if due := h.Expired(at(59)); len(due) > 0 { // looks at all that were prolonged
		t.Errorf("after registering again %v are due", due)
	}
	if next, _ := h.NextExpiry(); !next.Equal(at(60)) {
		t.Errorf("after registering again the next expiry is %v, want %v", next, at(60))
	}
	if _, err := h.Put("p", pe(2, 1, rr), at(40)); err != nil {
		t.Fatal(err)
	}
	if next, _ := h.NextExpiry(); !next.Equal(at(40)) {
		t.Errorf("after a shorter life the next expiry is %v, want %v", next, at(40))
	}
	for id := range wire.PEIdentifier(4) {
		h.Remove("p", id)
	}
	if next, ok := h.NextExpiry(); ok {
		t.Errorf("next expiry is %v, but nothing is left that expires", next)
	}
	verify(t, h)
}
