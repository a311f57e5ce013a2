package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// during is what goes on in a scope when a registrar is killed.
type during int

const (
	nothing     during = iota
	elementJoin        // elements register
	join               // another registrar joins, and downloads the handlespace
	restart            // a killed one comes back with its ID, and downloads it
	takeover           // another one was killed, and is taken over
	resync             // two registrars had been apart, and find their differences
)

func (d during) String() string {
	return [...]string{
		"nothing else", "a join of elements", "a registrar's join", "a registrar's return", "a takeover", "a resynchronisation",
	}[d]
}

// trial is a scope of some registrars, of which one is killed.
type trial struct {
	Seed   uint64
	During during
	// Victim is who is killed, Other whom the rest is about.
	Victim, Other int
	// Loyal elements know one registrar alone.
	Loyal bool
	// Moment is how long after the beginning of what goes on.
	Moment time.Duration
}

const (
	trialRegistrars = 3
	joiner          = trialRegistrars // the number of one that comes later
)

// drawTrial makes one from its seed; each kind has its turn.
func drawTrial(seed uint64, turn int) trial {
	rng := rand.New(rand.NewPCG(seed, uint64(turn)))
	order := rng.Perm(trialRegistrars)
	t := trial{Seed: seed, During: during(turn % int(resync+1)), Victim: order[0], Other: order[1]}
	t.Loyal = t.During == takeover || rng.IntN(2) == 0
	longest := map[during]time.Duration{
		nothing: 3 * time.Second, elementJoin: 300 * time.Millisecond, join: time.Second, restart: time.Second,
		takeover: time.Second, resync: 4 * time.Second,
	}[t.During]
	t.Moment = between(rng, 0, longest)
	return t
}

func (t trial) String() string {
	text := fmt.Sprintf("registrar %d killed %d ms into %v", t.Victim+1, t.Moment.Milliseconds(), t.During)
	if t.Loyal {
		text += ", elements know one registrar"
	}
	return text
}

// absence is when a survivor lacked an element after the kill.
type absence struct {
	// Most elements at once, and the time from the kill until the last of them was
	// there again.
	Most  int
	Until time.Duration
	// Nowhere is until when an element was missing from the scope: no survivor had it.
	Nowhere time.Duration
	// Taken is when no element had its home at the victim any more.
	Taken time.Duration
}

// watchers follows what survivors list.
type watchers struct {
	absence
	dead map[string]bool // IDs of registrars that are not there
}

// see judges one look at all survivors, and says what is still wrong.
func (w *watchers) see(after time.Duration, views []view, all living) (wrong []string) {
	somewhere := make(living)
	for _, v := range views {
		have := v.homes()
		var missing, homeless int
		for e := range all {
			home, ok := have[e]
			if !ok {
				missing++
				continue
			}
			if somewhere[e] = true; w.dead[home] {
				homeless++
			}
		}
		if missing > 0 {
			w.Most, w.Until = max(w.Most, missing), after
			wrong = append(wrong, fmt.Sprintf("registrar %s lacks %d elements", v.Registrar.ID, missing))
		}
		if homeless > 0 {
			w.Taken = after
			wrong = append(wrong, fmt.Sprintf("registrar %s has %d elements at a dead home", v.Registrar.ID, homeless))
		}
	}
	if lost := len(all) - len(somewhere); lost > 0 {
		w.Nowhere = after
		wrong = append(wrong, fmt.Sprintf("%d elements are missing from the scope", lost))
	}
	return wrong
}

// summary of the trials that came to an end.
func summary(all []absence, failed int) string {
	var until, taken []time.Duration
	complete, there := 0, 0
	for _, a := range all {
		if a.Most == 0 {
			complete++
		}
		if a.Nowhere == 0 {
			there++
		}
		until, taken = append(until, a.Until), append(taken, a.Taken)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d trials, %d failed: ", len(all)+failed, failed)
	if len(all) > 0 {
		fmt.Fprintf(&b, "in %d no element was missing from the scope at any time, in %d from no survivor either, longest time until all survivors had all %.1f s; all at a home that lives after %.1f s (median), %.1f s at most",
			there, complete, slices.Max(until).Seconds(), middle(taken).Seconds(), slices.Max(taken).Seconds())
	}
	return b.String()
}

func middle(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
