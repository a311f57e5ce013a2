package registrar

import (
	"time"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// adoptionSlice is how many elements of a taken over registrar one step looks at,
// so that nobody waits behind a large one for long.
const adoptionSlice = 1000

// nextStep is the shortest time: what waits for it lets all other events go first
// that are there now.
const nextStep = time.Nanosecond

// adoption goes through the elements that a takeover brought and asks them, one
// after the other (RFC 5353 section 3.5.2).
type adoption struct {
	from wire.ServerID
	left []handlespace.Ref
	// next is when the next element may be asked.
	next  time.Time
	timer timer
}

// adopt makes this registrar the home of all elements of another one, at once.
// Their registration lives begin anew (ENRP-3.5.2-10).
func (r *Registrar) adopt(from wire.ServerID) {
	a := &adoption{from: from, next: r.now}
	a.timer.owner = a
	r.evictFrom(from)
	a.left = make([]handlespace.Ref, 0, r.space.Count(from))
	r.space.Takeover(from, r.id, func(e handlespace.Entry) time.Time {
		a.left = append(a.left, e.Ref())
		return r.ownExpiry(e.Life())
	})
	r.touched(from)
	r.touched(r.id)
	r.adoptions++
	a.due(r)
}

// due adopts the next slice. What has registered since needs no more.
func (a *adoption) due(r *Registrar) {
	n := min(adoptionSlice, len(a.left))
	for _, ref := range a.left[:n] {
		e, ok := r.space.Find(ref.Handle, ref.ID)
		if !ok || e.HomeServer() != r.id {
			r.passedOver(a.from)
			continue
		}
		if el := r.recordIn(e); el != nil && el.own && el.kind != adopted {
			r.passedOver(a.from)
			continue
		}
		el := r.owned(ref)
		el.from, el.adopting = a.from, true
		r.elementChanged(e)
		a.next = r.askInTurn(el, a.next)
	}
	if a.left = a.left[n:]; len(a.left) > 0 {
		r.timers.set(&a.timer, r.now.Add(nextStep))
		return
	}
	r.adoptions--
}

// behind goes through the elements of a home behind a place, which moves on, n of them
// at most, and reports whether those were all.
func (r *Registrar) behind(home wire.ServerID, after *handlespace.Position, n int, do func(handlespace.Entry)) (all bool) {
	for e := range r.space.Table(*after, home) {
		if n == 0 {
			return false
		}
		n--
		*after = e.Position()
		do(e)
	}
	return true
}

// owned is the record of an own element. One that a takeover has just brought
// gets it now.
func (r *Registrar) owned(ref handlespace.Ref) *element {
	el := r.record(ref)
	if el == nil || !el.own {
		el = r.track(ref, true)
		el.kind, el.claimed = adopted, r.timers.mark(r.now)
		delete(r.relics, ref)
	}
	return el
}

// askInTurn sends a keep-alive with the H bit at a time, and gives the time for
// the next one: elements of a large registrar must not be asked all at once.
func (r *Registrar) askInTurn(el *element, at time.Time) (next time.Time) {
	if at.Before(r.now) {
		at = r.now
	} else if at.After(r.now) {
		r.tally.Limits[LimitAdoptionRate]++
	}
	el.home = true
	if !el.open {
		r.setClock(el, at)
	}
	return at.Add(time.Second / time.Duration(r.cfg.AdoptionRate))
}

// ownExpiry is when the registration of an own element ends that begins now: never,
// where an element lives as long as it acknowledges.
func (r *Registrar) ownExpiry(life wire.RegistrationLife) time.Time {
	if r.cfg.Dialect.keptAlive() && r.cfg.KeepAliveInterval > 0 {
		return time.Time{}
	}
	return r.expiry(life)
}

// expiry is the end of a registration that begins now.
func (r *Registrar) expiry(life wire.RegistrationLife) time.Time {
	if life == wire.InfiniteLife {
		return time.Time{}
	}
	return r.now.Add(r.cfg.Dialect.life(life))
}
