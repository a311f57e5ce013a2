package main

import (
	"math/rand/v2"
	"time"
)

// act is what a soak does at a time.
type act int

const (
	endElements     act = iota // a program of elements leaves as it should
	killElementsNow            // it dies
	startElements              // it is there again
	endRegistrar               // a registrar hands its elements over and ends
	killRegistrarNow
	startRegistrar
	takeSample
)

// turn is one entry of a soak's schedule.
type turn struct {
	At  time.Duration
	Act act
	// Which registrar or program of elements.
	Which int
}

const (
	// The mean time between two ends of programs of elements, and what they are out.
	churnEvery              = 3 * time.Second
	shortestOut, longestOut = 2 * time.Second, 10 * time.Second
	// settled is how long a program must have been back before it goes again.
	settled                  = 5 * time.Second
	restartEvery, restartOut = 4 * time.Minute, 5 * time.Second
	// quietEnd has no ends: what users began before has an end then.
	quietEnd = time.Minute
	// samples is how many a soak takes, one a minute in an hour.
	samples = 60
)

// churn draws a soak's schedule: programs of elements that come and go, each being one
// of some that a pool has, registrars that are restarted in turn, from the number steady
// on, and samples. All are back at the end, and two of each pool's programs stay always.
func churn(seed uint64, length time.Duration, groups, ofPool, registrars, steady int) (all []turn) {
	rng := rand.New(rand.NewPCG(seed, 1))
	back := make([]time.Duration, groups)
	for at := churnEvery; at < length-quietEnd; at += time.Duration(rng.ExpFloat64() * float64(churnEvery)) {
		which := rng.IntN(groups)
		out := 0
		for _, b := range back[which/ofPool*ofPool:][:ofPool] {
			if b+settled > at {
				out++
			}
		}
		if back[which]+settled > at || out >= ofPool-2 {
			continue
		}
		back[which] = at + between(rng, shortestOut, longestOut)
		all = append(all, turn{at, endElements + act(rng.IntN(2)), which}, turn{back[which], startElements, which})
	}
	for n, at := 0, restartEvery; at < length-restartEvery/2 && steady < registrars; n, at = n+1, at+restartEvery {
		which := steady + n%(registrars-steady)
		all = append(all, turn{at, endRegistrar + act(n/(registrars-steady)%2), which}, turn{at + restartOut, startRegistrar, which})
	}
	for n := range samples {
		all = append(all, turn{length * time.Duration(n+1) / samples, takeSample, 0})
	}
	return all
}
