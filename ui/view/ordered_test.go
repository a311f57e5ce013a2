package view

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// change does something to a scope.
func change(t *rapid.T, s *scope) {
	h := rapid.SampledFrom([]wire.PoolHandle{"a", "b", "c"}).Draw(t, "handle")
	id := wire.PEIdentifier(rapid.Uint32Range(1, 40).Draw(t, "id"))
	switch _, there := s.Element(h, id); {
	case !there || rapid.IntRange(0, 3).Draw(t, "what") > 0:
		s.element(h, id, rapid.SampledFrom([]wire.ServerID{self, peer1}).Draw(t, "home"), weight(rapid.Uint32Range(0, 5).Draw(t, "weight")), feed.Health(rapid.IntRange(0, 2).Draw(t, "health")))
		expires := feed.At(s.now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "expires")) * time.Minute))
		e, _ := s.Element(h, id)
		s.Apply(feed.ElementState{Handle: h, ID: id, Expires: expires, Health: e.State.Health})
	default:
		s.remove(h, id)
	}
}

func someTable(t *rapid.T) Query {
	q := Query{Kind: rapid.SampledFrom([]Kind{Pools, Pool, Elements}).Draw(t, "kind")}
	if q.Kind == Pool {
		q.Pool = "b"
	}
	q.Sort = rapid.SampledFrom([]string{"", "-need", "id", "-id", "pool", "-pool", "-handle", "value", "-expires", "up", "-owned", "changed"}).Draw(t, "sort")
	q.Filter = rapid.SampledFrom([]string{"", "state:up", "state!=up", "home:own", "0x0000001"}).Draw(t, "filter")
	return q
}

// A table that is kept in order has the rows that one has which is made anew.
func TestKeptIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScope()
		kept := &Kept{}
		q := someTable(t)
		for range rapid.IntRange(1, 20).Draw(t, "paints") {
			for range rapid.IntRange(0, 12).Draw(t, "changes") {
				change(t, s)
			}
			if rapid.IntRange(0, 9).Draw(t, "turn") == 0 {
				q = someTable(t)
			}
			kept.Note(s.TakeDirty())
			live := q
			live.Kept = kept
			want, got := Build(s.Replica, s.now, q), Build(s.Replica, s.now, live)
			if diff := cmp.Diff(tableOf(want), tableOf(got)); diff != "" {
				t.Fatalf("%+v (-anew +kept):\n%s", q, diff)
			}
			if want.Pools.Look != got.Pools.Look {
				t.Fatalf("%d pools to look at, want %d", got.Pools.Look, want.Pools.Look)
			}
			if rows := rapid.IntRange(1, 9).Draw(t, "rows"); true {
				live.Window = Window{From: rapid.IntRange(-2, 60).Draw(t, "from"), Rows: rows}
				all, part := tableOf(got), tableOf(Build(s.Replica, s.now, live))
				from := max(min(live.Window.From, len(all)-rows), 0)
				// A bar is as long as the largest value that is shown.
				if diff := cmp.Diff(keysOf(all[from:min(from+rows, len(all))]), keysOf(part)); diff != "" {
					t.Fatalf("rows from %d on (-want +got):\n%s", from, diff)
				}
			}
		}
	})
}

// While the order holds, every row stays where it is, and what waits is counted;
// then all is as if it had never been held.
func TestKeptHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newScope()
		kept := &Kept{}
		q := someTable(t)
		q.Kept = kept
		for range 40 {
			change(t, s)
		}
		kept.Note(s.TakeDirty())
		before := keysOf(tableOf(Build(s.Replica, s.now, q)))
		kept.Hold(true)
		for range rapid.IntRange(1, 9).Draw(t, "paints") {
			for range rapid.IntRange(0, 12).Draw(t, "changes") {
				change(t, s)
			}
			kept.Note(s.TakeDirty())
			if diff := cmp.Diff(before, keysOf(tableOf(Build(s.Replica, s.now, q)))); diff != "" {
				t.Fatalf("held (-before +now):\n%s", diff)
			}
		}
		fresh := q
		fresh.Kept = nil
		want := keysOf(tableOf(Build(s.Replica, s.now, fresh)))
		if !slices.Equal(before, want) && len(kept.waiting) == 0 {
			t.Fatal("rows are elsewhere, and nothing waits")
		}
		if rapid.Bool().Draw(t, "apply") {
			kept.Apply()
		} else {
			kept.Hold(false)
		}
		if diff := cmp.Diff(want, keysOf(tableOf(Build(s.Replica, s.now, q)))); diff != "" || len(kept.waiting) != 0 {
			t.Fatalf("%d wait, (-anew +kept):\n%s", len(kept.waiting), diff)
		}
	})
}

func tableOf(p Page) []Row {
	for _, l := range p.Lists() {
		if l.Name == "pools" || l.Name == "elements" || l.Name == "every" {
			return l.Rows
		}
	}
	return nil
}

func keysOf(rows []Row) []string {
	list := []string{}
	for _, r := range rows {
		list = append(list, r.Key())
	}
	return list
}

// What a paint costs when 500 of 100,000 elements have changed.
func BenchmarkKept(b *testing.B) {
	s := newScope()
	for i := range 100_000 {
		id := wire.PEIdentifier(i + 1)
		s.element(wire.PoolHandle([]string{"a", "b", "c", "d"}[i%4]), id, self, weight(uint32(i)), feed.Up) //nolint:gosec // small
	}
	kept := &Kept{}
	q := Query{Kind: Elements, Kept: kept, Window: Window{Rows: 60}}
	kept.Note(s.TakeDirty())
	Build(s.Replica, s.now, q)
	next := 0
	for b.Loop() {
		for range 500 {
			next = (next + 7919) % 100_000
			ref := replica.Ref{Handle: wire.PoolHandle([]string{"a", "b", "c", "d"}[next%4]), ID: wire.PEIdentifier(next + 1)}
			s.Apply(feed.ElementState{Handle: ref.Handle, ID: ref.ID, Expires: feed.At(s.now) + feed.Time(next)})
		}
		kept.Note(s.TakeDirty())
		Build(s.Replica, s.now, q)
	}
}
