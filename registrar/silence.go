package registrar

import (
	"time"

	"rserpool/registrar/feed"
)

// sounds: an own element has registered or acknowledged.
func (r *Registrar) sounds(el *element) {
	r.guard.soundAt = r.timers.mark(r.now)
	r.reckon(el, heard)
}

// hush: an element is in doubt for want of sound.
func (r *Registrar) hush(el *element) {
	if el.sound == heard {
		r.reckon(el, silent)
	}
}

// guarded reports whether there are elements enough for the guard to engage.
func (r *Registrar) guarded() bool {
	return r.cfg.GuardShare > 0 && !r.guard.spent && r.guard.heard >= r.cfg.GuardElements
}

// answerBy is when to look at a keep-alive that begins now: when it is overdue, which the
// guard wants to know, or when its time is up.
func (r *Registrar) answerBy(el *element) time.Time {
	if el.sound == heard && r.guarded() {
		return r.now.Add(r.cfg.KeepAliveTimeout / 4)
	}
	return r.now.Add(r.cfg.KeepAliveTimeout)
}

// overdue: the answer to a keep-alive takes longer than answers do, but may come.
func (r *Registrar) overdue(el *element) bool {
	if el.sound != heard || r.since(el.asked) >= r.cfg.KeepAliveTimeout {
		return false
	}
	r.hush(el)
	r.setClock(el, r.timers.epoch.Add(el.asked+r.cfg.KeepAliveTimeout))
	return true
}

// patient reports whether the verdict on a silent element waits, because many may be
// silent that were not asked yet. Keep-alives are spread over an interval, and transports
// take seconds to see that an association is lost: the first elements of an outage have
// had their time when the guard cannot know yet. So they wait while nobody at all is
// heard, until everybody was asked; and where others are heard, but a quarter of what
// engages the guard is silent, for the time of one answer more. So do they where all are
// silent, and registrars that were heard before have said nothing since.
func (r *Registrar) patient(el *element) bool {
	g, answer := &r.guard, r.cfg.KeepAliveTimeout
	if !el.sound.silent() || !r.guarded() {
		return false
	}
	waited := r.since(el.asked)
	if g.silent == g.heard {
		return waited < 2*answer && r.peersMayBeSilent(el.asked)
	}
	if g.soundAt < el.asked+answer/2 { // what came before may have crossed the cut
		return waited < 2*answer+r.cfg.KeepAliveInterval*3/2
	}
	return waited < 2*answer && 4*g.silent >= r.guardThreshold() && g.scattered()
}

// peersMayBeSilent: no other registrar has been heard since then, and there is one.
func (r *Registrar) peersMayBeSilent(then time.Duration) bool {
	met := false
	for _, p := range r.peers {
		if p.met() {
			if met = true; r.timers.mark(p.heard) >= then {
				return false
			}
		}
	}
	return met
}

// spared reports whether an element is not removed now though it is silent.
func (r *Registrar) spared(el *element) bool {
	switch {
	case el.suggested, r.contender(el) != nil: // who waits for its end has its name
		return false
	case r.guard.engaged:
		return el.sound != heard
	}
	return el.open && el.asked < r.guard.released || r.patient(el)
}

// queues reports whether an element is removed when it is its turn.
func (r *Registrar) queues(el *element) bool {
	return r.guard.spent && el.open && el.sound.silent() && r.contender(el) == nil
}

// unreached: a keep-alive cannot be delivered. Whom the guard spares has the rest of its
// time.
func (r *Registrar) unreached(el *element) {
	r.hush(el)
	r.weigh() // other registrars may have fallen silent
	if r.spared(el) || r.queues(el) {
		r.doubt(el)
		return
	}
	r.unanswered(el, "no association for a keep-alive")
}

// timedOut: an element has not answered a keep-alive in its time.
func (r *Registrar) timedOut(el *element) {
	r.hush(el)
	r.weigh()
	g, answer := &r.guard, r.cfg.KeepAliveTimeout
	switch {
	case !r.spared(el):
		if r.queues(el) && el.sound&sentenced == 0 {
			r.sentence(el)
			return
		}
		r.unanswered(el, "keep-alive not acknowledged")
	case g.engaged:
		r.endElementProbes(el, Answered{Outcome: AskSilent, HomeServer: r.id, Text: "it has not answered, and is kept while the guard against mass expiry is engaged"})
		pause := r.cfg.KeepAliveInterval
		if pause == 0 {
			pause = 3 * answer
		}
		r.askAgain(el, r.between(pause/2, pause/2+pause))
		el.asked = r.timers.mark(r.now)
	default:
		r.askAgain(el, answer)
		if el.asked < g.released { // else it is not asked anew, but still
			el.asked = r.timers.mark(r.now)
		}
	}
}

// sentence gives a silent element its turn to be removed, unless it answers before: not
// more of them go in a second than are asked after a takeover.
func (r *Registrar) sentence(el *element) {
	g := &r.guard
	if g.turn.Before(r.now) {
		g.turn = r.now
	}
	el.sound |= sentenced
	r.setClock(el, g.turn)
	g.turn = g.turn.Add(time.Second / time.Duration(r.cfg.AdoptionRate))
}

// askAgain repeats a keep-alive that stays open, and looks at it in a while.
func (r *Registrar) askAgain(el *element, wait time.Duration) {
	r.counters.Unanswered++
	r.setClock(el, r.now.Add(wait))
	r.doubt(el)
	if el.via != 0 || el.slot == 0 { // else it waits for a dial
		r.sendKeepAlive(el)
	}
}

// outlives reports whether a registration goes on whose life is over: that of an element
// that the guard spares. It cannot register again where nothing gets through.
func (r *Registrar) outlives(el *element) bool {
	return el != nil && el.own && r.phase == feed.Serving &&
		(r.spared(el) || r.queues(el))
}
