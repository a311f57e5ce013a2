package replica_test

import (
	"slices"
	"testing"

	"rserpool/registrar/feed"
)

func TestSamplesAreBounded(t *testing.T) {
	r := started(t)
	if got := r.Counters(); got != (feed.Counters{}) {
		t.Errorf("counters %+v before any came", got)
	}
	for i := range 5000 { // ten in a second
		apply(t, r, feed.Counters{At: feed.Time(1_000_000 + 100*i), Reports: uint64(i)})
	}
	got := r.Samples()
	if len(got) != 301 || got[300].Reports != 4999 || got[0].At/1000 != got[300].At/1000-300 {
		t.Errorf("%d samples from %d to %d, want one for each of the last 300 seconds and one before", len(got), got[0].At, got[len(got)-1].At)
	}
	for i := range got[1:] {
		if got[i+1].Reports-got[i].Reports != 10 {
			t.Errorf("second %d counts %d, want 10", i, got[i+1].Reports-got[i].Reports)
		}
	}
	apply(t, r, feed.Counters{At: 9_000_000, Reports: 5001})
	got = r.Samples()
	want := []uint64{4999, 5001}
	if have := []uint64{got[0].Reports, got[len(got)-1].Reports}; len(got) != 2 || !slices.Equal(have, want) {
		t.Errorf("after an hour of silence %+v, want what was before it and what is new", got)
	}
	if r.Counters().Reports != 5001 {
		t.Errorf("latest %+v", r.Counters())
	}
}
