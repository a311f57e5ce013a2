package node

import (
	"context"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
)

// Measures are what metrics are made of: counts since the start, all of one moment.
type Measures struct {
	Counters feed.Counters
	Tally    registrar.Tally
	// Steps are how long the registrar took for an event, until all that followed
	// from it was done or queued. Nothing else happens meanwhile.
	Steps registrar.Histogram
	// Resolutions are how long handle resolutions took, from when they were read until
	// their answers were queued.
	Resolutions registrar.Histogram
	// Foreign are the messages with another payload protocol identifier than their
	// port's, by registrar.Protocol.
	Foreign [2]uint64
}

// Measures asks for them. It waits for its turn like a message, so that an error also
// says that nothing moves; after the end they are those of the end.
func (n *Node) Measures(ctx context.Context) (Measures, error) {
	reply := make(chan Measures, 1)
	select {
	case n.inbox <- measure{reply}:
	case <-n.done:
		return n.measures(), nil
	case <-ctx.Done():
		return Measures{}, ctx.Err()
	}
	select {
	case m := <-reply:
		return m, nil
	case <-n.done:
		return n.measures(), nil
	case <-ctx.Done():
		return Measures{}, ctx.Err()
	}
}

// measure is a wish for the measures.
type measure struct{ reply chan<- Measures }

func (in measure) event(n *Node) registrar.Event {
	in.reply <- n.measures() // has room for one
	return nil
}

// measures are for the node's goroutine, or for others when that has ended.
func (n *Node) measures() Measures {
	m := Measures{Counters: n.core.Counters(), Tally: n.core.Tally(), Steps: n.steps, Resolutions: n.resolutions}
	for p := range m.Foreign {
		m.Foreign[p] = n.foreign[p].Load()
	}
	return m
}

// stopwatch measures how long things take. One look at the clock ends a step and
// begins the next.
type stopwatch struct {
	lap                time.Time
	steps, resolutions registrar.Histogram
}

// stepped ends a step.
func (w *stopwatch) stepped() {
	now := time.Now()
	w.steps.Observe(now.Sub(w.lap))
	w.lap = now
}

// timed is when a message was read, now, if that is of interest.
func timed(p registrar.Protocol, data []byte) (at time.Time) {
	if p == registrar.ASAP && len(data) > 0 && asap.MessageType(data[0]) == asap.TypeHandleResolution {
		at = time.Now()
	}
	return at
}
