package registrar

import (
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// stepsShown is how many elements of a takeover the feed hears of one by one, of
// each kind of step; of what is beyond, it hears the number.
const stepsShown = 1000

// play is what the feed is told of one takeover, from the death of the target
// until its elements have answered.
type play struct {
	target wire.ServerID
	// number is that of the takeover, steps how many were told.
	number, steps uint32
	// total is how many elements a won takeover brought; each is counted under
	// what became of it.
	total int
	count [feed.Dropped + 1]int
}

func (r *Registrar) tellStep(y *play, m feed.TakeoverStep) {
	y.steps++
	m.Takeover, m.Number, m.Target = y.number, y.steps, y.target
	if m.At == 0 {
		m.At = feed.MomentOf(r.now)
	}
	r.changed(m)
}

// opens begins to tell of the takeover of a peer, with how it fell silent.
func (r *Registrar) opens(t *peer) *play {
	if t.play == nil {
		r.takeovers++
		t.play = &play{target: t.id, number: r.takeovers}
		if t.state != feed.Discovered {
			r.tellStep(t.play, feed.TakeoverStep{Kind: feed.LastHeard, At: feed.MomentOf(t.heard)})
		}
		if !t.doubted.IsZero() {
			r.tellStep(t.play, feed.TakeoverStep{Kind: feed.Doubted, At: feed.MomentOf(t.doubted)})
		}
	}
	return t.play
}

// step tells of a step of a takeover that goes on; if none does, there is nothing
// to tell.
func (r *Registrar) step(t *peer, kind feed.StepKind, with wire.ServerID, count int) {
	if t.play == nil {
		return
	}
	r.tellStep(t.play, feed.TakeoverStep{Kind: kind, Peer: with, Count: uint32(count)}) //nolint:gosec // a count
	if kind.Ends() {
		t.play, t.doubted = nil, time.Time{}
	}
}

// adopts goes on with a won takeover, of so many elements.
func (r *Registrar) adopts(t *peer, total int) {
	y := r.opens(t)
	t.play, t.doubted = nil, time.Time{}
	y.total = total
	if before := r.plays[t.id]; before != nil { // who has not answered since counts here
		y.total += before.total - before.settled()
		r.adopted(before)
	}
	r.plays[t.id] = y
	r.ends(y)
}

// stepOf tells what became of an adopted element.
func (r *Registrar) stepOf(el *element, ref handlespace.Ref, kind feed.StepKind) {
	el.adopting = kind == feed.Asked
	y := r.plays[el.from]
	if y == nil {
		return
	}
	y.count[kind]++
	m := feed.TakeoverStep{Kind: kind, Count: uint32(y.count[kind])} //nolint:gosec // a count
	switch n := y.count[kind]; {
	case n <= stepsShown:
		m.Handle, m.Element = ref.Handle, ref.ID
		r.tellStep(y, m)
	case n%stepsShown == 0:
		r.tellStep(y, m)
	}
	r.ends(y)
}

// passedOver counts an element that a takeover brought and that nobody has to ask:
// it has registered, or is another's, since.
func (r *Registrar) passedOver(from wire.ServerID) {
	if y := r.plays[from]; y != nil {
		y.total--
		r.ends(y)
	}
}

// ends a takeover whose elements have all answered, or are gone.
func (r *Registrar) ends(y *play) {
	if y.settled() >= y.total {
		r.adopted(y)
	}
}

func (y *play) settled() int {
	return y.count[feed.Answered] + y.count[feed.Gone] + y.count[feed.Moved]
}

// adopted ends a takeover with its sums.
func (r *Registrar) adopted(y *play) {
	if y == nil {
		return
	}
	delete(r.plays, y.target)
	for kind := feed.Asked; kind < feed.Adopted; kind++ {
		if n := y.count[kind]; n > stepsShown && n%stepsShown != 0 {
			r.tellStep(y, feed.TakeoverStep{Kind: kind, Count: uint32(n)}) //nolint:gosec // a count
		}
	}
	r.tellStep(y, feed.TakeoverStep{Kind: feed.Adopted, Count: uint32(y.count[feed.Answered])}) //nolint:gosec // a count
}
