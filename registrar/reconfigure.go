package registrar

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// reconfigure takes settings of an operator while the registrar runs: all of them, or
// none where one is wrong.
func (r *Registrar) reconfigure(ev Reconfigure) {
	var errs []error
	for _, p := range ev.Peers {
		errs = append(errs, validEndpoint("peer", p))
	}
	answer := Reconfigured{Request: ev.Request, Err: errors.Join(errs...)}
	if answer.Err == nil {
		var said []string
		if ev.What != "" {
			said = append(said, ev.What)
		}
		said = append(said, r.setSeeds(ev.Peers)...)
		said = append(said, r.protect(ev.Protected)...)
		if len(said) == 0 {
			said = []string{"nothing has changed"}
		}
		r.notePeer(Info, "config.reloaded", r.id, strings.Join(said, ", "))
	}
	r.effect(answer)
}

// setSeeds makes these the configured peers and says what is new. The new ones are
// called now, behind the others where a mentor is looked for. Whoever is known as a
// peer stays one, configured or not.
func (r *Registrar) setSeeds(peers []Endpoint) (said []string) {
	for _, s := range r.seeds { // the lists that are made anew are others
		if !s.stranger && !slices.ContainsFunc(peers, s.endpoint.same) {
			said = append(said, fmt.Sprintf("peer %v is no longer configured", s.endpoint))
			r.retire(s)
		}
	}
	for _, e := range peers {
		if r.isOwn(e) || slices.ContainsFunc(r.seeds, func(s *seed) bool { return !s.stranger && s.endpoint.same(e) }) {
			continue
		}
		said = append(said, fmt.Sprintf("peer %v is new", e))
		r.configure(e)
	}
	return said
}

// configure adds a configured peer. A stranger that is there already is it.
func (r *Registrar) configure(e Endpoint) {
	i := slices.IndexFunc(r.seeds, func(s *seed) bool { return s.stranger && s.endpoint.meets(e) })
	if i >= 0 {
		s := r.seeds[i]
		s.stranger, s.endpoint = false, e
		r.timers.stop(&s.timer)
		return
	}
	s := &seed{endpoint: e}
	r.seeds = append(r.seeds, s)
	switch h := r.mentor; {
	case r.phase == feed.Draining:
	case h != nil && h.step == huntGroup:
		h.step, h.round = huntAssociation, 0 // there is somebody to ask
		r.beginRound()
	case h != nil || !r.seedKnown(s):
		r.trySeed(s)
	}
}

// retire forgets a configured peer; a start-up that waits for it goes on with the
// next one.
func (r *Registrar) retire(s *seed) {
	if h := r.mentor; h != nil && !h.rests() && h.at < len(r.seeds) && r.seeds[h.at] == s {
		r.mentorFailed("it is no longer configured", false)
	}
	if d := s.dial; d != nil {
		s.dial, d.seed = nil, nil
	}
	r.dismiss(s)
}

// protect makes these the protected pools and says what is new.
func (r *Registrar) protect(pools []wire.PoolHandle) (said []string) {
	was := r.cfg.Protected
	for _, handle := range pools {
		if !slices.Contains(was, handle) {
			said = append(said, fmt.Sprintf("pool %q is protected", string(handle)))
		}
	}
	for _, handle := range was {
		if !slices.Contains(pools, handle) {
			said = append(said, fmt.Sprintf("pool %q is no longer protected", string(handle)))
		}
	}
	if len(said) == 0 {
		return nil
	}
	r.cfg.Protected = slices.Clone(pools)
	r.changed(feed.Protected{}) // the list begins anew
	r.showProtected()
	return said
}

func (r *Registrar) showProtected() {
	for _, handle := range r.cfg.Protected {
		r.changed(feed.Protected{Handle: handle})
	}
}

// isOwn reports whether a configured peer is this registrar: one list may serve all.
func (r *Registrar) isOwn(e Endpoint) bool {
	return e.meets(r.cfg.ENRP) && e.UDPPort == r.cfg.ENRP.UDPPort
}
