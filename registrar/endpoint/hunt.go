package endpoint

import (
	"net/netip"
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
	// next is where in the list the next attempt looks first.
	next     int
	attempts map[DialID]int
	lastDial DialID
	// tried, reason and up are by server: in this round, why it is not in use, and
	// when it took an association last.
	tried  []bool
	reason []string
	up     []time.Time
	// failure of this round, once it has been told.
	failure *NoServerError
}

func newHunt(servers int) hunt {
	return hunt{
		attempts: make(map[DialID]int),
		tried:    make([]bool, servers),
		reason:   make([]string, servers),
		up:       make([]time.Time, servers),
	}
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
	for i, at := range h.up {
		h.tried[i] = !at.IsZero() && e.now.Sub(at) < e.cfg.HuntTimeout
	}
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
	e.tellNoServer()
	h.interval = min(2*h.interval, e.cfg.MaxHuntTimeout)
	clear(h.tried)
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
	for id, server := range e.hunt.attempts {
		ids = append(ids, id)
		e.hunt.reason[server] = reason
	}
	slices.Sort(ids)
	for _, id := range ids {
		e.do(CancelDial{ID: id})
	}
	clear(e.hunt.attempts)
}

// fillHunt dials until MaxParallel servers are open or opening, or all were
// tried in this round (SH1, SH4).
func (e *Endpoint) fillHunt() {
	h := &e.hunt
	for h.on && len(h.attempts)+e.dialledUp() < MaxParallel {
		i := e.nextServer()
		if i < 0 {
			break
		}
		h.tried[i], h.next = true, (i+1)%len(h.tried)
		if id := e.associated(e.cfg.Servers[i]); id != 0 {
			e.found(id)
			return
		}
		h.lastDial++
		h.attempts[h.lastDial] = i
		e.do(Dial{ID: h.lastDial, To: e.cfg.Servers[i]})
	}
	if h.on && len(h.attempts) == 0 {
		e.tellNoServer()
	}
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

// nextServer is the next one not tried in this round, -1 for none. The home is
// no candidate: the hunt is for another one.
func (e *Endpoint) nextServer() int {
	h, n := &e.hunt, len(e.cfg.Servers)
	for k := range n {
		i := (h.next + k) % n
		if !h.tried[i] && (e.home == 0 || e.associated(e.cfg.Servers[i]) != e.home) {
			return i
		}
	}
	return -1
}

// associated finds the association to a server, whoever opened it: SCTP has
// only one between two endpoints. 0 means there is none.
func (e *Endpoint) associated(s Address) AssociationID {
	found := AssociationID(0)
	for id, a := range e.associations {
		if a.Remote.is(s) && (found == 0 || id < found) {
			found = id
		}
	}
	return found
}

// is reports whether two addresses mean one endpoint.
func (a Address) is(b Address) bool {
	return a.Port == b.Port && slices.ContainsFunc(a.Addrs, func(ip netip.Addr) bool { return slices.Contains(b.Addrs, ip) })
}

func (e *Endpoint) tellNoServer() {
	h := &e.hunt
	if h.failure != nil || e.home != 0 {
		return
	}
	err := &NoServerError{}
	for i, s := range e.cfg.Servers {
		if h.tried[i] {
			err.Failures = append(err.Failures, Failure{Server: s, Reason: h.reason[i]})
		}
	}
	h.failure = err
	e.do(NoServer{Err: err})
	for _, r := range e.requests.Values() {
		e.answer(r, Resolved{Err: err})
	}
}

func (e *Endpoint) dialFailed(ev DialFailed) {
	i, ok := e.hunt.attempts[ev.Dial]
	if !ok {
		return
	}
	delete(e.hunt.attempts, ev.Dial)
	e.hunt.reason[i] = ev.Reason
	e.fillHunt()
}

func (e *Endpoint) associationUp(ev AssociationUp) {
	a := association{AssociationUp: ev, index: -1}
	if ev.Dial != 0 {
		i, ok := e.hunt.attempts[ev.Dial]
		if !ok { // cancelled: more than one is not wanted (SH6)
			e.do(Disconnect{Association: ev.Association})
			return
		}
		delete(e.hunt.attempts, ev.Dial)
		a.index, e.hunt.up[i] = i, e.now
	}
	e.associations[ev.Association] = a
	switch {
	case !e.hunt.on:
	case ev.Dial != 0, e.home == 0 && slices.ContainsFunc(e.cfg.Servers, ev.Remote.is):
		e.found(ev.Association)
	}
}

// found ends a hunt with a new home. The old one, if any, did not answer.
func (e *Endpoint) found(id AssociationID) {
	if old := e.home; old != 0 {
		e.disconnect(old, true)
		e.suspend()
	}
	e.setHome(id, 0)
}

func (e *Endpoint) associationDown(ev AssociationDown) {
	a, ok := e.associations[ev.Association]
	if !ok {
		return
	}
	delete(e.associations, ev.Association)
	if a.index >= 0 {
		e.hunt.reason[a.index] = ev.Reason
	}
	if ev.Association == e.home {
		e.loseHome(ev.Reason)
	}
}
