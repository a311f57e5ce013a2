package endpoint

import (
	"slices"
	"time"
)

// hunt is the server hunt (RFC 5352 section 3.6), in rounds: up to MaxParallel
// servers are tried at once, one that fails makes room for another one, and T5
// ends the round. A server is tried at most once a round.
type hunt struct {
	on bool
	// interval is T5 of this round.
	interval time.Duration
	t5       timer
	servers  servers
	attempts map[DialID]*server
	lastDial DialID
	// failure of this round, once it has been told.
	failure *NoServerError
}

func newHunt(list []Address) hunt {
	return hunt{attempts: make(map[DialID]*server), servers: newServers(list)}
}

// startHunt begins a hunt, unless one is on. A server that took an association
// less than T5 ago is left out of the first round: one that takes and drops them
// must not be dialled as fast as it can do that.
func (e *Endpoint) startHunt() {
	h := &e.hunt
	if h.on {
		return
	}
	h.on, h.interval = true, e.cfg.HuntTimeout
	h.servers.all(func(s *server) { s.tried = !s.up.IsZero() && e.now.Sub(s.up) < e.cfg.HuntTimeout })
	e.startRound()
}

func (e *Endpoint) startRound() {
	e.hunt.failure = nil
	e.timers.start(&e.hunt.t5, e.now.Add(e.hunt.interval))
	e.fillHunt()
}

// roundOver is the expiry of T5 (SH5).
func (e *Endpoint) roundOver() {
	h := &e.hunt
	e.cancelAttempts("no answer within " + h.interval.String())
	e.tellNoServer(e.failures())
	h.interval = min(2*h.interval, e.cfg.MaxHuntTimeout)
	h.servers.all(func(s *server) { s.tried = false })
	e.startRound()
}

// stopHunt ends a hunt; T5 is back at its initial value (SH3).
func (e *Endpoint) stopHunt() {
	if !e.hunt.on {
		return
	}
	e.hunt.on = false
	e.timers.stop(&e.hunt.t5)
	e.cancelAttempts("another registrar was faster")
}

func (e *Endpoint) cancelAttempts(reason string) {
	ids := make([]DialID, 0, MaxParallel)
	for id, s := range e.hunt.attempts {
		ids = append(ids, id)
		s.reason = reason
	}
	slices.Sort(ids)
	for _, id := range ids {
		e.do(CancelDial{ID: id})
	}
	clear(e.hunt.attempts)
}

// fillHunt takes a server that has an association already, or dials until
// MaxParallel are open or opening, or all were tried in this round (SH1, SH4).
func (e *Endpoint) fillHunt() {
	h := &e.hunt
	if !h.on {
		return
	}
	if id := e.atHand(); id != 0 {
		e.found(id)
		return
	}
	for len(h.attempts)+e.dialledUp() < MaxParallel {
		s := h.servers.take(func(s *server) bool { return s.listed && !s.tried && e.elsewhere(s) })
		if s == nil {
			break
		}
		s.tried = true
		h.failure = nil
		h.lastDial++
		h.attempts[h.lastDial] = s
		e.do(Dial{ID: h.lastDial, To: s.address})
	}
	if len(h.attempts) > 0 {
		return
	}
	// Without a failure nobody is in the list: somebody may announce itself before
	// the round ends.
	if failures := e.failures(); len(failures) > 0 {
		e.tellNoServer(failures)
	}
}

// atHand finds an association that is up and not the home: one dialled here, which
// has been the home before and must not take the place of an attempt, or one that a
// server of the list has opened, since SCTP has only one between two endpoints.
func (e *Endpoint) atHand() (found AssociationID) {
	for id, a := range e.associations {
		if id == e.home || found != 0 && id > found {
			continue
		}
		if a.server != nil {
			found = id
		} else if s := e.hunt.servers.at(a.Remote); s != nil && !s.tried {
			found = id
		}
	}
	return found
}

// elsewhere reports whether a hunt may dial a server: it is not the home, whose
// place is to be taken, nor another address of a server that is being dialled.
func (e *Endpoint) elsewhere(s *server) bool {
	if e.home != 0 && e.associations[e.home].Remote.is(s.address) {
		return false
	}
	for _, other := range e.hunt.attempts {
		if other.address.is(s.address) {
			return false
		}
	}
	return true
}

// dialledUp counts the associations opened here that are up.
func (e *Endpoint) dialledUp() int {
	n := 0
	for _, a := range e.associations {
		if a.Dial != 0 {
			n++
		}
	}
	return n
}

// failures tells why the servers tried in this round are not in use.
func (e *Endpoint) failures() []Failure {
	var list []Failure
	e.hunt.servers.all(func(s *server) {
		if s.tried {
			list = append(list, Failure{Server: s.address, Reason: s.reason})
		}
	})
	return list
}

// tellNoServer tells once a round that nobody was reached.
func (e *Endpoint) tellNoServer(failures []Failure) {
	h := &e.hunt
	if h.failure != nil || e.home != 0 {
		return
	}
	err := &NoServerError{Failures: failures}
	h.failure = err
	e.do(NoServer{Err: err})
	for _, r := range e.requests.Values() {
		e.answer(r, Resolved{Err: err})
	}
}

func (e *Endpoint) dialFailed(ev DialFailed) {
	s, ok := e.hunt.attempts[ev.Dial]
	if !ok {
		return
	}
	delete(e.hunt.attempts, ev.Dial)
	s.reason = ev.Reason
	e.fillHunt()
}

func (e *Endpoint) associationUp(ev AssociationUp) {
	a := association{AssociationUp: ev}
	if ev.Dial != 0 {
		s, ok := e.hunt.attempts[ev.Dial]
		if !ok { // cancelled: more than one is not wanted (SH6)
			e.do(Disconnect{Association: ev.Association})
			return
		}
		delete(e.hunt.attempts, ev.Dial)
		a.server, s.up = s, e.now
	}
	e.associations[ev.Association] = a
	switch {
	case !e.hunt.on:
	case ev.Dial != 0, e.home == 0 && e.hunt.servers.at(ev.Remote) != nil:
		e.found(ev.Association)
	}
}

// found ends a hunt with a new home. The old one, if any, did not answer.
func (e *Endpoint) found(id AssociationID) {
	if old := e.home; old != 0 {
		e.disconnect(old, true)
		e.home = 0
		e.suspend(old)
	}
	e.setHome(id, 0)
}

func (e *Endpoint) associationDown(ev AssociationDown) {
	a, ok := e.associations[ev.Association]
	if !ok {
		return
	}
	delete(e.associations, ev.Association)
	if a.server != nil {
		a.server.reason = ev.Reason
	}
	if ev.Association == e.home {
		e.loseHome(ev.Reason)
	}
}

// abandonHome gives up a home that does not answer. Where there are others, the
// first round of the hunt is for them: this one would take the association.
func (e *Endpoint) abandonHome(reason string) {
	home := e.associations[e.home]
	var its []*server
	others := false
	e.hunt.servers.all(func(s *server) {
		if s == home.server || home.Remote.is(s.address) {
			its = append(its, s)
		} else if s.listed {
			others = true
		}
	})
	for _, s := range its {
		s.reason = reason
		if others {
			s.up = e.now
		}
	}
	e.disconnect(e.home, true)
	e.loseHome(reason)
}
