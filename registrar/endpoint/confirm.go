package endpoint

import "time"

// confirmation registers the elements again after a keep-alive has moved the home
// (RFC 5352 section 3.4 KA2.4): the new home has taken over what it knew, which
// need not be every element. They follow one another in the order of their numbers,
// within RegistrationTimeout, since a home that has just taken over is busy enough.
type confirmation struct {
	// last is the element confirmed last, step the time from one to the next.
	last  ElementID
	step  time.Duration
	at    time.Time
	timer timer
}

func (e *Endpoint) startConfirming() {
	n := time.Duration(e.elements.Len())
	if n == 0 {
		return
	}
	c := &e.confirm
	c.last = 0
	c.step = min(e.cfg.RegistrationTimeout/n, e.cfg.UpdateInterval) // few are done sooner
	c.at = e.now.Add(c.step)
	e.timers.start(&c.timer, c.at)
}

// confirmNext registers the next element that the home has not been asked for.
func (e *Endpoint) confirmNext() {
	c := &e.confirm
	var el *element
	e.elements.Ascend(c.last, func(id ElementID, candidate *element) bool {
		if id != c.last && e.unconfirmed(candidate) {
			el = candidate
		}
		return el == nil
	})
	if el == nil {
		return
	}
	c.last = el.number
	c.at = c.at.Add(c.step) // not from now: a late Tick delays no one behind it
	e.timers.start(&c.timer, c.at)
	if el.phase == asking {
		e.void(el)
	}
	e.requestRegistration(el)
}

// unconfirmed reports whether an element is registered, or about to be, at another
// server than the home.
func (e *Endpoint) unconfirmed(el *element) bool {
	return !el.leaving && el.askedOf != e.home && (el.phase == registered || el.phase == asking)
}
