package view

import (
	"time"

	"rserpool/registrar/replica"
)

// newcomer is how long a registrar with open steps shows them beside all else.
const newcomer = 10 * time.Minute

// Steps are what to do with a new registrar; each ticks itself.
type Steps struct {
	_                         incomparable
	Off                       bool
	Register, Resolve, Second Tick
}

// Tick says whether a step was done.
type Tick struct {
	_    incomparable
	Done bool
	Text string
}

// Class is the style of the step.
func (t Tick) Class() string {
	if t.Done {
		return "done"
	}
	return "open"
}

func (t Tick) slots(name string, set Set) {
	set(name, t.Text)
	set(name+".class", t.Class())
}

func (s Steps) slots(set Set) {
	set("steps.off", yes(s.Off))
	s.Register.slots("step.register", set)
	s.Resolve.slots("step.resolve", set)
	s.Second.slots("step.second", set)
}

func steps(r *replica.Replica, now time.Time) Steps {
	c, peers, n := r.Counts(), tallyPeers(r).peers, r.Counters()
	s := Steps{
		Register: Tick{Text: "Waiting for the first registration."},
		Resolve:  Tick{Text: "Nobody has asked yet."},
		Second:   Tick{Text: "No other registrar heard."},
	}
	if c.Elements > 0 || n.Registrations > 0 {
		s.Register = Tick{Done: true, Text: "Done: " + plural(c.Elements, "element", "elements") + " in " + plural(c.Pools, "pool", "pools") + "."}
	}
	if n.Resolutions > 0 {
		s.Resolve = Tick{Done: true, Text: "Done: asked " + plural(int(n.Resolutions), "time", "times") + "."} //nolint:gosec // a count
	}
	if peers > 0 {
		s.Second = Tick{Done: true, Text: "Done: " + plural(peers, "peer", "peers") + "."}
	}
	done := s.Register.Done && s.Resolve.Done && s.Second.Done
	s.Off = c.Elements > 0 && (done || now.Sub(r.Hello().Started.Time()) > newcomer)
	return s
}
