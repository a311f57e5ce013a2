package node

import (
	"context"
	"errors"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
)

// Measures are what metrics are made of: counts since the start, all of one moment.
type Measures struct {
	Counters feed.Counters
	Tally    registrar.Tally
	// Limits are those of the registrar and of the node.
	Limits []registrar.LimitUse
	// Steps are how long the registrar took for an event, until all that followed
	// from it was done or queued. Nothing else happens meanwhile.
	Steps registrar.Histogram
	// Resolutions are how long handle resolutions took, from when they were read until
	// their answers were queued.
	Resolutions registrar.Histogram
	// Overloaded: more is asked than can be answered, and resolutions wait or are refused.
	Overloaded bool
	// Foreign are the messages with another payload protocol identifier than their
	// port's, by registrar.Protocol.
	Foreign [2]uint64
}

// Measures asks for them. It waits for its turn like a message, so that an error also
// says that nothing moves; after the end they are those of the end.
func (n *Node) Measures(ctx context.Context) (Measures, error) {
	reply := make(chan Measures, 1)
	if err := n.post(ctx, measure{reply}); errors.Is(err, ErrStopped) {
		return n.measures(), nil
	} else if err != nil {
		return Measures{}, err
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

// measures are for who takes a turn, or for others when the node has ended.
func (n *Node) measures() Measures {
	m := Measures{Counters: n.core.Counters(), Tally: n.core.Tally(), Limits: n.limits(), Steps: n.steps, Resolutions: n.resolutions, Overloaded: n.overload.on}
	for p := range m.Foreign {
		m.Foreign[p] = n.foreign[p].Load()
	}
	return m
}

// stopwatch measures how long things take. Where a look at the clock is a system call,
// it takes longer than a step: several share one, and of turns that follow each other
// closely only some are measured, for all of them.
type stopwatch struct {
	lap                time.Time
	steps, resolutions registrar.Histogram
	// since are the steps of this lap, skipped those of turns that were not measured.
	since, skipped int
	// asked is when the resolutions of this lap were read, and passed how many are among
	// those skipped.
	asked  []time.Time
	passed int
	// began is when the turn before began, unmeasured how many since the last measured.
	began      time.Time
	unmeasured int
}

const (
	// lapSteps is how many steps of a turn share one look at the clock at most, and count
	// for equally long.
	lapSteps = 16
	// Of turns that begin within closely of each other, one in measured is.
	closely  = time.Millisecond
	measured = 8
)

// stepping counts a step, and ends the lap when it has enough.
func (n *Node) stepping() {
	if n.since++; n.since == lapSteps {
		n.stepped()
	}
}

// resolved notes a handle resolution whose answer is queued.
func (n *Node) resolved(at time.Time) { n.asked = append(n.asked, at) }

// turned ends the last lap of a turn, or leaves it out.
func (n *Node) turned(now time.Time) {
	soon := now.Sub(n.began) < closely
	n.began = now
	if n.unmeasured++; soon && n.unmeasured < measured {
		n.skipped += n.since
		n.passed += len(n.asked)
		n.since, n.asked = 0, n.asked[:0]
		return
	}
	n.unmeasured = 0
	n.stepped()
}

// stepped ends the lap.
func (n *Node) stepped() {
	if n.since == 0 {
		return
	}
	now := n.watch.now()
	each := now.Sub(n.lap) / time.Duration(n.since)
	for range n.since + n.skipped {
		n.steps.Observe(each)
	}
	for _, at := range n.asked {
		for ; n.passed > 0; n.passed-- { // as long as the first of this lap
			n.resolutions.Observe(now.Sub(at))
		}
		n.resolutions.Observe(now.Sub(at))
	}
	n.lap, n.since, n.skipped, n.asked = now, 0, 0, n.asked[:0]
}
