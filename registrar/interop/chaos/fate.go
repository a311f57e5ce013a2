package main

import (
	"math/rand/v2"
	"time"
)

// faults are what the network does to packets.
type faults struct {
	// Drop, Duplicate and Reorder are probabilities.
	Drop, Duplicate, Reorder float64
	// Delay is the least time under way, Jitter the most that chance adds.
	Delay, Jitter time.Duration
}

// hold is how long a packet is kept back that others are to overtake.
const hold = 20 * time.Millisecond

// copied is one packet that arrives: when, and whether it keeps its place among those
// between the same two hosts.
type copied struct {
	after   time.Duration
	inOrder bool
}

// fate says how often a packet arrives, and when; none is a packet that is lost.
func (f faults) fate(rng *rand.Rand) []copied {
	if rng.Float64() < f.Drop {
		return nil
	}
	copies := 1
	if rng.Float64() < f.Duplicate {
		copies = 2
	}
	all := make([]copied, copies)
	for i := range all {
		all[i] = copied{after: f.Delay, inOrder: true}
		if f.Jitter > 0 {
			all[i].after += time.Duration(rng.Int64N(int64(f.Jitter)))
		}
		if rng.Float64() < f.Reorder {
			all[i] = copied{after: all[i].after + hold}
		}
	}
	return all
}

// order keeps the packets between two hosts in their order: none of them is released
// before the one before it.
type order struct{ last time.Time }

// release says when a packet that comes now arrives.
func (o *order) release(now time.Time, c copied) time.Time {
	at := now.Add(c.after)
	if !c.inOrder {
		return at
	}
	if at.Before(o.last) {
		at = o.last
	}
	o.last = at
	return at
}

// cuts are the pairs of hosts between which nothing passes, each direction by itself;
// a pair may be cut by several faults at once.
type cuts map[[2]int]int

// split adds (n = 1) or takes back (n = -1) a cut between each of a and each of b. One
// way, only what a sends is lost.
func (c cuts) split(a, b []int, oneWay bool, n int) {
	for _, from := range a {
		for _, to := range b {
			c[[2]int{from, to}] += n
			if !oneWay {
				c[[2]int{to, from}] += n
			}
		}
	}
}
