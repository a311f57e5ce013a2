package main

import (
	"strings"
	"testing"
	"time"
)

func TestDrawTrial(t *testing.T) {
	seen := make(map[during]int)
	for n := range 60 {
		trial := drawTrial(5, n)
		seen[trial.During]++
		if trial != drawTrial(5, n) {
			t.Fatal("one seed gives two trials")
		}
		if trial.Victim == trial.Other || trial.Victim >= trialRegistrars || trial.Other >= trialRegistrars {
			t.Errorf("%v, the other one is %d", trial, trial.Other+1)
		}
		if trial.During == takeover && !trial.Loyal {
			t.Errorf("%v: elements that know more would not wait for it", trial)
		}
	}
	for d := range resync + 1 {
		if seen[d] != 10 {
			t.Errorf("%d of 60 trials are during %v", seen[d], d)
		}
	}
}

func TestWatchers(t *testing.T) {
	all := living{{"P", "1"}: true, {"P", "2"}: true}
	w := watchers{dead: map[string]bool{"c": true}}
	for _, look := range []struct {
		after time.Duration
		views []view
		want  string
	}{
		{1 * time.Second, []view{viewOf(t, "a", "", "1@a", "2@c"), viewOf(t, "b", "", "1@a")}, "registrar a has 1 elements at a dead home, registrar b lacks 1 elements"},
		{2 * time.Second, []view{viewOf(t, "a", "", "1@a", "2@c"), viewOf(t, "b", "", "1@a", "2@c")}, "registrar a has 1 elements at a dead home, registrar b has 1 elements at a dead home"},
		{3 * time.Second, []view{viewOf(t, "a", "", "1@a", "2@b"), viewOf(t, "b", "", "1@a", "2@b")}, ""},
	} {
		if have := strings.Join(w.see(look.after, look.views, all), ", "); have != look.want {
			t.Errorf("after %v: have %q, want %q", look.after, have, look.want)
		}
	}
	if want := (absence{Most: 1, Until: time.Second, Taken: 2 * time.Second}); w.absence != want {
		t.Errorf("have %+v, want %+v", w.absence, want)
	}
	if w.see(3*time.Second, []view{viewOf(t, "a", "", "1@a"), viewOf(t, "b", "", "1@a")}, all); w.Nowhere != 3*time.Second {
		t.Errorf("an element that nobody has is missing until %v, want 3s", w.Nowhere)
	}
	w.Until = time.Second
	const want = "3 trials, 1 failed: in 1 no element was missing from the scope at any time, in 1 from no survivor either, longest time until all survivors had all 1.0 s; all at a home that lives after 2.0 s (median), 2.0 s at most"
	if have := summary([]absence{w.absence, {}}, 1); have != want {
		t.Errorf("have %q, want %q", have, want)
	}
}
