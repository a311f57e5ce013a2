package registrar

import (
	"fmt"
	"slices"

	"rserpool/registrar/feed"
)

// seed is a place where a registrar is said to be, whatever its ID is: a
// configured peer, or a stranger that was heard on the multicast group.
type seed struct {
	endpoint    Endpoint
	association *association
	dial        *dial
	// awaited: its own attempt was faster than the dial, but has not been told of.
	awaited bool
	// failed: it was not to be reached the last time. Said once, not at every
	// attempt.
	failed bool
	// stranger: it is forgotten after a while, which timer says; no timer else.
	stranger bool
	timer    timer
}

// trySeed opens an association to a configured peer, or takes one that is there.
func (r *Registrar) trySeed(s *seed) {
	if s.association != nil || s.dial != nil {
		return
	}
	s.awaited = false
	if a := r.associationTo(ENRP, s.endpoint); a != nil {
		r.seedUp(s, a)
		return
	}
	for _, p := range r.peers {
		if p.dial != nil && p.dial.seed == nil && p.endpoint.meets(s.endpoint) {
			s.dial = p.dial
		}
	}
	if s.dial == nil {
		s.dial = r.dial(ENRP, s.endpoint)
	}
	s.dial.seed = s
}

// seedUp: say hello; the answer tells who it is. At start-up the list request
// goes first.
func (r *Registrar) seedUp(s *seed, a *association) {
	s.association, s.failed, s.awaited = a, false, false
	if s.stranger {
		r.timers.set(&s.timer, r.now.Add(r.cfg.MaxTimeNoResponse))
	}
	if r.cfg.Dialect.greetsFirst() && !a.greeted {
		r.greetSeed(s)
	}
	r.mentorUp(s)
	if !a.greeted {
		r.greetSeed(s)
	}
}

// greetSeed asks whoever is there for a PRESENCE, unless somebody is known there.
func (r *Registrar) greetSeed(s *seed) {
	a := s.association
	a.greeted = true
	r.sendENRP(a, r.presence(0, true))
}

func (r *Registrar) seedDown(s *seed, reason string) {
	if r.phase == feed.Draining {
		return
	}
	if a := r.associationTo(ENRP, s.endpoint); a != nil {
		r.seedUp(s, a) // it has come by itself
		return
	}
	if !s.failed && !s.stranger {
		s.failed = true
		r.note(Warn, feed.Event{Name: "peer.unreachable", Text: fmt.Sprintf(
			"configured peer %v: %s; tried again every %v", s.endpoint, reason, r.cfg.PeerHeartbeatCycle)})
	}
	r.mentorDown(s)
	if s.stranger && r.mentor == nil {
		r.dismiss(s)
	}
}

// seedCame: an association that configured peers opened, if they were to.
func (r *Registrar) seedCame(a *association) {
	for _, s := range r.seeds {
		if s.awaited && s.endpoint.meets(a.remote) {
			r.seedUp(s, a)
		}
	}
}

// seedKnown reports whether a living peer is known at the configured place.
func (r *Registrar) seedKnown(s *seed) bool {
	if a := r.associationTo(ENRP, s.endpoint); a != nil && slices.ContainsFunc(a.peers, (*peer).met) {
		return true // mostly, and without a look at all
	}
	return slices.ContainsFunc(r.peers, func(p *peer) bool {
		return p.met() && p.at(s)
	})
}

// at reports whether the peer is at a configured place.
func (p *peer) at(s *seed) bool {
	return p.endpoint.meets(s.endpoint) || s.association != nil && slices.Contains(p.links, s.association)
}

// retrySeeds tries those configured peers again that nobody is known at (RFC
// 5353 says nothing of them; without this, registrars that started alone would
// stay apart).
func (r *Registrar) retrySeeds() {
	for _, s := range r.seeds {
		switch {
		case r.seedKnown(s):
		case s.association != nil:
			r.greetSeed(s)
		default:
			r.trySeed(s)
		}
	}
}
