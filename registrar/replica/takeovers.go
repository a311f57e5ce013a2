package replica

import (
	"iter"
	"slices"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

const (
	// maxTakeovers is how many are kept: those that somebody still asks about.
	maxTakeovers = 20
	// maxSteps is how many steps of the registrars one takeover keeps. Of more, the
	// first and the latest stay: how it began, and how it ends.
	maxSteps = 400
	// maxElementSteps is for each kind; a registrar names no more.
	maxElementSteps = 1010
)

// Takeover is what the registrar has told of the takeover of another one.
type Takeover struct {
	// Number counts from the registrar's start.
	Number uint32
	Target wire.ServerID
	// Steps are in their order; where there were very many, some are missing in
	// the middle.
	Steps []feed.TakeoverStep
	// Ended: no step follows.
	Ended bool

	kept [5]int // by groupOf
}

// takeovers are the latest, in the order of their numbers.
type takeovers struct{ list []*Takeover }

func (t *takeovers) find(number uint32) (at int, ok bool) {
	return slices.BinarySearchFunc(t.list, number, func(x *Takeover, n uint32) int { return int(x.Number) - int(n) })
}

func (t *takeovers) add(m feed.TakeoverStep) {
	i, ok := t.find(m.Takeover)
	if !ok {
		if len(t.list) == maxTakeovers {
			if i == 0 {
				return // older than all that are kept
			}
			t.list = slices.Delete(t.list, 0, 1)
			i--
		}
		t.list = insert(t.list, i, &Takeover{Number: m.Takeover, Target: m.Target})
	}
	x := t.list[i]
	x.Ended = x.Ended || m.Kind.Ends()
	x.Steps = append(x.Steps, m)
	group, limit := groupOf(m.Kind), maxElementSteps
	if group == 0 {
		limit = maxSteps
	}
	if x.kept[group]++; x.kept[group] <= limit {
		return
	}
	x.kept[group]--
	earlier := 0
	for at, s := range x.Steps {
		if groupOf(s.Kind) != group {
			continue
		}
		if earlier++; earlier > limit/2 {
			x.Steps = cut(x.Steps, at)
			return
		}
	}
}

// groupOf is the group of steps of which so many are kept: each kind about elements
// is one, all others are another.
func groupOf(k feed.StepKind) int {
	if k < feed.Asked || k > feed.Moved {
		return 0
	}
	return int(k-feed.Asked) + 1
}

// Takeovers walks the latest takeovers, the newest first. They are the replica's
// own: nothing in them may be changed.
func (r *Replica) Takeovers() iter.Seq[*Takeover] {
	return func(yield func(*Takeover) bool) {
		for _, t := range slices.Backward(r.takeovers.list) {
			if !yield(t) {
				return
			}
		}
	}
}

// Takeover finds one by its number.
func (r *Replica) Takeover(number uint32) (*Takeover, bool) {
	i, ok := r.takeovers.find(number)
	if !ok {
		return nil, false
	}
	return r.takeovers.list[i], true
}
