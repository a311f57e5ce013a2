package replica_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/feed"
)

func TestHolds(t *testing.T) {
	r := started(t)
	r.TakeDirty()
	first := feed.Hold{ID: 1, Maker: self, Handle: "p", Element: 3, Until: 9, Honoured: []feed.Honour{{Peer: 2, Refused: 1}}}
	other := feed.Hold{ID: 1, Maker: 2, Handle: "p", Element: 4}
	apply(t, r, first, other, feed.Protected{Handle: "p"}, feed.Sequence{Number: 3})
	if d := r.TakeDirty(); !d.Holds || !slices.Contains(d.Pools, "p") {
		t.Errorf("dirty is %+v", d)
	}
	first.Refused = 5
	apply(t, r, first)
	if got, ok := r.Hold(self, 1); !ok || got.Total() != 6 {
		t.Errorf("hold is %+v, %t", got, ok)
	}
	copied := restore(t, r, 512)
	if diff := cmp.Diff(slices.Collect(r.Holds()), slices.Collect(copied.Holds())); diff != "" || !copied.Protected("p") || copied.Protected("q") {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
	apply(t, r, feed.Protected{}, feed.Protected{Handle: "q"})
	if d := r.TakeDirty(); r.Protected("p") || !r.Protected("q") || !d.All {
		t.Errorf("after another list p is protected: %t, q: %t, dirty: %+v", r.Protected("p"), r.Protected("q"), d)
	}
	apply(t, r, feed.Hold{ID: 1, Maker: 2, State: feed.ForgottenHold}, feed.Hold{ID: 9, Maker: 2, State: feed.ForgottenHold})
	if diff := cmp.Diff([]feed.Hold{first}, slices.Collect(r.Holds())); diff != "" {
		t.Errorf("holds (-want +got):\n%s", diff)
	}
}
