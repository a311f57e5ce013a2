package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// kind is what happens.
type kind int

const (
	killRegistrar kind = iota
	stopRegistrar
	stopRegistrarLong
	killElements
	stopElements
	stopElementsLong
	rough     // many packets are lost, doubled, late or out of order
	partition // some hosts are apart from all others
	oneWay    // what some registrars send does not reach others
)

func (k kind) String() string {
	return [...]string{
		"registrar killed", "registrar stopped", "registrar stopped for long",
		"elements killed", "elements stopped", "elements stopped for long",
		"rough network", "partition", "one-way partition",
	}[k]
}

// fault is one entry of the schedule: something happens to some hosts at a time, and is
// over after another.
type fault struct {
	Kind    kind
	At, For time.Duration
	// Registrars are numbers of registrars, Hosts those of element hosts, from 0 on.
	Registrars, Hosts []int
	// Pool is whose elements on that host are meant, or everyPool.
	Pool int
	// NewID: the registrar comes back under another server ID.
	NewID   bool
	Network faults
}

func (f fault) end() time.Duration { return f.At + f.For }

func (f fault) String() string {
	text := fmt.Sprintf("%6.1fs %s for %.1fs", f.At.Seconds(), f.Kind, f.For.Seconds())
	if len(f.Registrars) > 0 {
		text += fmt.Sprintf(", registrars %v", f.Registrars)
	}
	if len(f.Hosts) > 0 {
		text += fmt.Sprintf(", element hosts %v", f.Hosts)
	}
	switch f.Kind {
	case killElements, stopElements, stopElementsLong:
		if f.Pool != everyPool {
			text += fmt.Sprintf(", pool %d", f.Pool)
		}
	case rough:
		text += fmt.Sprintf(", %.0f %% lost, %.0f %% doubled, %.0f %% out of order, %d to %d ms late",
			f.Network.Drop*100, f.Network.Duplicate*100, f.Network.Reorder*100, f.Network.Delay.Milliseconds(), (f.Network.Delay + f.Network.Jitter).Milliseconds())
	case killRegistrar, stopRegistrar, stopRegistrarLong, partition, oneWay: // all said
	}
	if f.NewID {
		text += ", new server ID"
	}
	return text
}

// everyPool stands for all pools of a host.
const everyPool = -1

// size is how large the scope is.
type size struct{ Registrars, ElementHosts, Pools int }

const (
	// mostOut is how many registrars may be out at once, and how many element hosts:
	// each pool has elements on all of these, so that some are always left.
	mostOut = 2
	// meantime is the mean time between two faults.
	meantime = 3 * time.Second
	// recovery is how long a registrar or an element is still counted as out after
	// its fault: it has to come back to the scope.
	registrarRecovery, elementRecovery = 5 * time.Second, 20 * time.Second
	longStop                           = 80 * time.Second
)

// plan draws a schedule of faults that are over after a time.
func plan(seed uint64, length time.Duration, s size) (all []fault) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for at := meantime; at < length; at += time.Duration(rng.ExpFloat64() * float64(meantime)) {
		f := draw(rng, s)
		f.At = at
		if f.end() <= length && bearable(append(all, f), f) {
			all = append(all, f)
		}
	}
	return all
}

// often is how often the kinds come; long stops leave no room for others meanwhile.
var often = []kind{
	killRegistrar, killRegistrar, killRegistrar, stopRegistrar, stopRegistrar, stopRegistrarLong,
	killElements, killElements, killElements, stopElements, stopElements, stopElementsLong,
	rough, rough, partition, partition, oneWay, oneWay,
}

// draw makes a fault of any kind.
func draw(rng *rand.Rand, s size) fault {
	f := fault{Kind: often[rng.IntN(len(often))], For: between(rng, 2*time.Second, 20*time.Second)}
	someRegistrar, someHost := []int{rng.IntN(s.Registrars)}, []int{rng.IntN(s.ElementHosts)}
	somePool := everyPool
	if rng.IntN(2) == 0 {
		somePool = rng.IntN(s.Pools)
	}
	switch f.Kind {
	case killRegistrar:
		f.Registrars, f.NewID = someRegistrar, rng.IntN(2) == 0
		f.For = time.Duration(float64(time.Second) * (0.05 + 10*rng.ExpFloat64()))
	case stopRegistrar:
		f.Registrars = someRegistrar
	case stopRegistrarLong:
		f.Registrars, f.For = someRegistrar, longStop
	case killElements, stopElements:
		f.Hosts, f.Pool = someHost, somePool
	case stopElementsLong:
		f.Hosts, f.Pool, f.For = someHost, somePool, longStop
	case rough:
		f.Network = faults{
			Drop: 0.2 * rng.Float64(), Duplicate: 0.2 * rng.Float64(), Reorder: 0.2 * rng.Float64(),
			Delay: between(rng, 0, 50*time.Millisecond), Jitter: between(rng, time.Millisecond, 50*time.Millisecond),
		}
	case partition:
		f.Registrars = rng.Perm(s.Registrars)[:1+rng.IntN(mostOut)]
		if rng.IntN(2) == 0 {
			f.Hosts = someHost
		}
	case oneWay:
		f.Registrars = someRegistrar
	}
	return f
}

// bearable says whether enough registrars and element hosts are left at any time of the
// last fault; two storms are one too many.
func bearable(all []fault, last fault) bool {
	registrars, hosts, storms := make(map[int]bool), make(map[int]bool), 0
	for _, f := range all {
		if f.At <= last.end() && last.At < f.end() && f.Kind == rough {
			storms++
		}
		for _, r := range f.Registrars {
			if last.At < f.end()+registrarRecovery && f.At < last.end()+registrarRecovery {
				if registrars[r] && slices.Contains(last.Registrars, r) {
					return false // a registrar has one fault at a time
				}
				registrars[r] = true
			}
		}
		for _, h := range f.Hosts {
			if last.At < f.end()+elementRecovery && f.At < last.end()+elementRecovery {
				if hosts[h] && slices.Contains(last.Hosts, h) {
					return false
				}
				hosts[h] = true
			}
		}
	}
	return len(registrars) <= mostOut && len(hosts) <= mostOut && storms <= 1
}

func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(rng.Int64N(int64(most-least)))
}
