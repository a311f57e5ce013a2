package endpoint

import (
	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

func (e *Endpoint) deregister(ev Deregister) {
	el, ok := e.elements.Get(ev.Element)
	if !ok || el.leaving {
		return
	}
	unasked := !el.known && el.attempts == 0
	if unasked || el.phase == removed { // no server has it
		e.report(el, Deregistered, nil, nil)
		e.drop(el)
		return
	}
	el.leaving, el.attempts = true, 0
	e.requestDeregistration(el)
}

// requestDeregistration sends ASAP_DEREGISTRATION and starts T3 (RFC 5352
// section 3.2 D1 to D4), now or when there is a home.
func (e *Endpoint) requestDeregistration(el *element) {
	e.stopAsking(el)
	e.timers.stop(&el.reregister, &el.update)
	el.phase = waiting
	if e.home == 0 {
		return
	}
	el.sentAt = e.now
	if err := e.send(e.home, asap.Deregistration{Handle: el.spec.Handle, ID: el.id}); err != nil {
		e.report(el, Deregistered, nil, err)
		e.drop(el)
		return
	}
	e.requested(el, e.cfg.DeregistrationTimeout)
}

// deregistrationResponse ends a de-registration. One that nobody asked for says
// that the server has removed the element (RFC 5352 section 3.2).
func (e *Endpoint) deregistrationResponse(m asap.DeregistrationResponse) {
	el, ok := e.find(m.Handle, m.ID)
	switch {
	case !ok || el.phase == removed:
	case el.leaving && el.phase == asking && len(m.Causes) > 0:
		e.deregistrationRefused(el, m.Causes)
	case el.leaving:
		e.report(el, Deregistered, nil, nil)
		e.drop(el)
	case !el.known:
	case el.spec.StayOut:
		e.report(el, Removed, m.Causes, nil)
		e.drop(el)
	default:
		if el.phase == registered { // otherwise a registration is under way already
			e.timers.stop(&el.update)
			el.phase = removed
		}
		e.report(el, Removed, m.Causes, nil)
	}
}

// deregistrationRefused leaves the element registered, with what is left of T4; but
// one that no server has ever accepted is out, since there is nothing to keep.
func (e *Endpoint) deregistrationRefused(el *element, causes []wire.Cause) {
	if !el.known {
		e.report(el, Deregistered, causes, &RefusedError{Causes: causes})
		e.drop(el)
		return
	}
	e.stopAsking(el)
	el.leaving, el.attempts, el.phase = false, 0, registered
	e.report(el, DeregistrationRefused, causes, &RefusedError{Causes: causes})
	if el.due.After(e.now) {
		e.timers.start(&el.reregister, el.due)
		return
	}
	e.requestRegistration(el)
}
