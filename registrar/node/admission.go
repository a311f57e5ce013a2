package node

import (
	"time"

	"rserpool/registrar"
)

const (
	// fresh are answered to an association from a look to the next before the others of it
	// wait.
	fresh = 4
	// patience is how many looks resolutions wait, as far as one can tell: those that had to
	// wait longer are refused, half as many as are answered.
	patience = 25
	// burst is how long those that wait are answered at a stretch.
	burst = lookEvery / 2
)

// verdict is what becomes of a resolution that has come.
type verdict int

const (
	answers verdict = iota
	refuses
	waits
)

// admit decides about one that has come over l.
func (o *overload) admit(l *link) verdict {
	if !o.on {
		o.answered++
		return answers
	}
	if l.look != o.look {
		l.look, l.answers = o.look, 0
	}
	switch known := len(l.line.waiting) > 0; {
	case !known && o.left > 0 && l.answers < fresh:
		o.left--
		o.answered++
		l.answers++
		return answers
	case known && o.refusals > 0 && o.lines.waiting >= patience*o.rate:
		o.refusals--
		o.shed++
		return refuses
	default:
		return waits
	}
}

// attend answers those that wait as they are due after a look, and refuses some if too
// many do, as long as burst allows. Some answers are left for who asks for the first time.
// What becomes urgent on the way comes first.
func (n *Node) attend(now time.Time) {
	o := &n.overload
	if !o.due {
		return
	}
	o.due = false
	o.left, o.refusals = o.rate, o.rate/2
	for began := n.lap; n.lap.Sub(began) < burst; {
		if n.queue.hurried.Load() {
			n.takeAll(now, n.queue.hurry())
		}
		answer := o.left > o.rate/4
		if !answer && (o.refusals == 0 || o.lines.waiting <= patience*o.rate) {
			return
		}
		in, ok := o.lines.next()
		switch {
		case !ok:
			return
		case in.link.ended:
			continue
		case answer:
			o.left--
			o.answered++
		default:
			o.refusals--
			o.shed++
		}
		n.step(now, registrar.Received{Association: in.link.id, Data: in.data, Shed: !answer})
		n.resolved(in.at)
	}
}
