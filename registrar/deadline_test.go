package registrar

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTimers compares the timers with a list that is searched.
func TestTimers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ts timers
		all := make([]timer, 8)
		var set []*timer // in the order they were set
		drop := func(x *timer) {
			set = slices.DeleteFunc(set, func(y *timer) bool { return x == y })
		}
		start := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			x := &all[rapid.IntRange(0, len(all)-1).Draw(t, "timer")]
			at := start.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at")))
			switch rapid.SampledFrom([]string{"set", "set", "stop", "pop", "clear"}).Draw(t, "op") {
			case "set":
				ts.set(x, at)
				drop(x)
				set = append(set, x)
			case "stop":
				ts.stop(x)
				drop(x)
			case "pop":
				var want *timer
				for _, y := range set {
					if !ts.epoch.Add(y.at).After(at) && (want == nil || y.at < want.at) {
						want = y
					}
				}
				if got := ts.pop(at); got != want {
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
		}
	})
}

func earliest(set []*timer) time.Duration {
	return slices.MinFunc(set, func(a, b *timer) int { return cmp.Compare(a.at, b.at) }).at
}
