package replica_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

func step(takeover, number uint32, kind feed.StepKind) feed.TakeoverStep {
	return feed.TakeoverStep{Takeover: takeover, Number: number, Target: 2, Kind: kind, Element: wire.PEIdentifier(number)}
}

func TestTakeovers(t *testing.T) {
	r := started(t)
	for n := range uint32(25) {
		apply(t, r, step(n+1, 1, feed.DeclaredDead))
		if n%2 == 0 {
			apply(t, r, step(n+1, 2, feed.Cancelled))
		}
	}
	apply(t, r, step(1, 3, feed.Won)) // as old as none that is kept
	list := slices.Collect(r.Takeovers())
	if len(list) != 20 || list[0].Number != 25 || list[19].Number != 6 {
		t.Fatalf("%d takeovers, from %d to %d; want the latest 20, the newest first", len(list), list[0].Number, list[19].Number)
	}
	if !list[0].Ended || list[1].Ended {
		t.Errorf("ended %v and %v, want only the one that was cancelled", list[0].Ended, list[1].Ended)
	}
	if _, ok := r.Takeover(5); ok {
		t.Error("takeover 5 is kept")
	}
	if x, ok := r.Takeover(8); !ok || x.Number != 8 || x.Target != 2 {
		t.Errorf("takeover 8 is %+v", x)
	}
	apply(t, r, hello)
	if n := len(slices.Collect(r.Takeovers())); n != 0 {
		t.Errorf("%d takeovers behind a Hello, want none", n)
	}
}

// A takeover that does not come to an end, or one of very many elements, stays
// bounded; its beginning and its latest steps are there.
func TestTakeoverStepsAreBounded(t *testing.T) {
	r := started(t)
	for n := range uint32(5000) {
		r.Apply(step(1, 2*n+1, feed.InitSent))
		r.Apply(step(1, 2*n+2, feed.Asked))
	}
	x, _ := r.Takeover(1)
	if len(x.Steps) > 1500 {
		t.Errorf("%d steps are kept, want 1,500 at most", len(x.Steps))
	}
	if first, last := x.Steps[0].Number, x.Steps[len(x.Steps)-1].Number; first != 1 || last != 10_000 {
		t.Errorf("steps from %d to %d, want 1 to 10000", first, last)
	}
	if !slices.IsSortedFunc(x.Steps, func(a, b feed.TakeoverStep) int { return int(a.Number) - int(b.Number) }) {
		t.Error("steps are out of order")
	}
	late := restore(t, r, 4096)
	for _, r := range []*replica.Replica{r, late} {
		apply(t, r, step(1, 10_001, feed.Asked), step(1, 10_002, feed.InitSent), step(1, 10_003, feed.Adopted))
	}
	if diff := cmp.Diff(look(r).Steps, look(late).Steps); diff != "" {
		t.Errorf("(-changes +snapshot):\n%s", diff)
	}
}
