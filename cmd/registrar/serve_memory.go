package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// leastGarbage is how much may always lie about before the garbage collector runs:
	// with the 300 MB of a million elements it runs a few times a second at most.
	leastGarbage = 64 << 20
	// leastPercent bounds its work where the heap is so large that even what it does
	// not look into takes time to mark.
	leastPercent = 20
	// collectorLook is how often to look whether its pace still fits the heap.
	collectorLook = time.Second
)

// pace is when the garbage collector runs. Go's way is to wait for as much garbage as
// there is memory in use, so that its work stays in proportion. But elements lie in
// pages without pointers, which cost it nearly nothing: here it waits for as much as it
// has to look at, and leastGarbage at least.
type pace struct {
	samples []metrics.Sample
	percent int
}

func newPace() *pace {
	return &pace{samples: []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/total:bytes"}}, percent: 100}
}

// keepPace adapts the garbage collector until it is done, and then leaves it as it was
// found. An operator who has set GOGC knows better.
func keepPace(done <-chan struct{}) {
	if _, set := os.LookupEnv("GOGC"); set {
		return
	}
	p := newPace()
	defer debug.SetGCPercent(debug.SetGCPercent(p.percent))
	look := time.NewTicker(collectorLook)
	defer look.Stop()
	for {
		select {
		case <-done:
			return
		case <-look.C:
			p.adapt()
		}
	}
}

// adapt sets the percentage anew where the heap has changed: all stands still for a
// moment then.
func (p *pace) adapt() {
	metrics.Read(p.samples)
	now := garbagePercent(p.samples[0].Value.Uint64(), p.samples[1].Value.Uint64())
	if diff := now - p.percent; diff < -p.percent/10 || diff > p.percent/10 {
		p.percent = now
		debug.SetGCPercent(now)
	}
}

// garbagePercent is how much garbage there may be, in percent of the live heap, of
// which so many bytes may be pointers.
func garbagePercent(live, scanned uint64) int {
	garbage := max(scanned, leastGarbage)
	if garbage >= live {
		return 100
	}
	return max(leastPercent, int(100*garbage/live)) //nolint:gosec // less than 100
}
