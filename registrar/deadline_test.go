package registrar

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar/index"
)

// TestTimers compares the timers, of elements and others, with a list that is
// searched; the order that they were set in begins anew with 0 on the way.
func TestTimers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var slab index.Slab[element]
		ts := timers{elements: &slab, order: math.MaxUint32 - rapid.Uint32Range(0, 40).Draw(t, "order")}
		few := make([]timer, 4)
		clocks := make([]*clock, 8) // of the few, then of elements
		for i := range clocks {
			if i < len(few) {
				clocks[i] = &few[i].clock
			} else {
				clocks[i] = &slab.At(slab.Take()).clock
			}
		}
		var set []*clock // in the order they were set
		drop := func(x *clock) {
			set = slices.DeleteFunc(set, func(y *clock) bool { return x == y })
		}
		start := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(clocks)-1).Draw(t, "timer")
			x := clocks[i]
			at := start.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at")))
			switch rapid.SampledFrom([]string{"set", "set", "stop", "pop", "clear"}).Draw(t, "op") {
			case "set":
				if i < len(few) {
					ts.set(&few[i], at)
				} else {
					ts.wind(x, whose(i-len(few)+1), at)
				}
				drop(x)
				set = append(set, x)
			case "stop":
				if i < len(few) {
					ts.stop(&few[i])
				} else {
					ts.halt(x)
				}
				drop(x)
			case "pop":
				var want *clock
				for _, y := range set {
					if !ts.epoch.Add(y.at).After(at) && (want == nil || y.at < want.at) {
						want = y
					}
				}
				if got := popped(&ts, at); got != want {
					t.Fatalf("due at %v: %v, want %v", at, got, want)
				}
				drop(want)
			case "clear":
				ts.clear()
				set = nil
			}
			next, ok := ts.next()
			if ok != (len(set) > 0) || ok && next.Sub(ts.epoch) != earliest(set) {
				t.Fatalf("next is %v, %v of %d timers", next, ok, len(set))
			}
			if n := countFew(set, few); n != ts.few.Len() {
				t.Fatalf("%d of the few have a number, %d are set", ts.few.Len(), n)
			}
		}
	})
}

// popped is the clock that is taken out.
func popped(ts *timers, now time.Time) *clock {
	switch x, el := ts.pop(now); {
	case x != nil:
		return &x.clock
	case el != nil:
		return &el.clock
	}
	return nil
}

func countFew(set []*clock, few []timer) (n int) {
	for i := range few {
		if slices.Contains(set, &few[i].clock) {
			n++
		}
	}
	return n
}

func earliest(set []*clock) time.Duration {
	at := set[0].at
	for _, x := range set {
		at = min(at, x.at)
	}
	return at
}
