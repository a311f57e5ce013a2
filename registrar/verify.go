package registrar

import (
	"errors"
	"fmt"
	"slices"

	"rserpool/registrar/feed"
)

// Verify checks that all parts of the state agree with each other. It walks
// everything: for tests.
func (r *Registrar) Verify() error {
	return errors.Join(r.space.Verify(), r.verifyElements(), r.verifyAssociations(), r.verifyPeers(), r.verifyCredentials(), r.verifyTimers(), r.verifyMemory(), r.verifyHolds())
}

func (r *Registrar) verifyElements() error {
	for e := range r.space.OwnedBy(r.id) {
		ref := e.Ref()
		el := r.elements[ref]
		if r.adoptions > 0 && (el == nil || !el.own) {
			continue
		}
		if el == nil || !el.own {
			return fmt.Errorf("registrar: own element %v has no record", ref)
		}
		if el.kind == registered && !e.PoolElement().ASAPTransport.Present() {
			return fmt.Errorf("registrar: own element %v has no ASAP transport", ref)
		}
		if r.phase == feed.Serving && el.timer.place == 0 && r.cfg.KeepAliveInterval > 0 {
			return fmt.Errorf("registrar: own element %v waits for no keep-alive", ref)
		}
	}
	for ref, el := range r.elements {
		e, ok := r.space.Element(ref.Handle, ref.ID)
		switch {
		case !ok:
			return fmt.Errorf("registrar: record of %v, which is not in the handlespace", ref)
		case el.ref != ref, el.own != (e.HomeServer == r.id):
			return fmt.Errorf("registrar: record of %v says own %v, its home is %v", ref, el.own, e.HomeServer)
		case el.orphan != (e.HomeServer == 0):
			return fmt.Errorf("registrar: record of %v says orphan %v, its home is %v", ref, el.orphan, e.HomeServer)
		case !el.own && !el.open && !el.orphan && !el.suggested:
			return fmt.Errorf("registrar: record of %v, an element of a peer that is not probed", ref)
		case el.adopting && (!el.own || r.plays[el.from] == nil):
			return fmt.Errorf("registrar: the takeover of %v waits in vain for %v", el.from, ref)
		case el.contender != nil && !el.open:
			return fmt.Errorf("registrar: %v has a contender, but is not probed", ref)
		case el.via != nil && (r.associations[el.via.id] != el.via || el.via.elements[el.slot] != el):
			return fmt.Errorf("registrar: %v is not where its association has it", ref)
		}
	}
	return nil
}

func (r *Registrar) verifyAssociations() error {
	inbound := 0
	for id, a := range r.associations {
		if !a.opened {
			inbound++
		}
		for slot, el := range a.elements {
			if a.id != id || el.via != a || el.slot != slot || r.elements[el.ref] != el {
				return fmt.Errorf("registrar: association %d has %v, which is not there", id, el.ref)
			}
		}
		for _, w := range a.watches {
			if r.watches[w.handle] != w || w.of(a) < 0 {
				return fmt.Errorf("registrar: association %d has subscribed to %q, which does not know it", id, w.handle)
			}
		}
		for _, p := range a.peers {
			if r.peer(p.id) != p || !slices.Contains(p.links, a) {
				return fmt.Errorf("registrar: association %d is none of peer %v", id, p.id)
			}
		}
	}
	if inbound != r.inbound {
		return fmt.Errorf("registrar: %d associations counted, there are %d", r.inbound, inbound)
	}
	for at, a := range r.remotes {
		if r.associations[a.id] != a || a.closing {
			return fmt.Errorf("registrar: %v leads to an association that is gone", at)
		}
	}
	for handle, w := range r.watches {
		if w.handle != handle || len(w.users) == 0 || w.changed != (w.timer.place != 0) && !r.ended {
			return fmt.Errorf("registrar: %q is watched by %d users, changed %v, in vain", handle, len(w.users), w.changed)
		}
	}
	for at, d := range r.callbacks {
		if r.dials[d.id] != d || d.to.first() != at {
			return fmt.Errorf("registrar: %v is called by no dial", at)
		}
	}
	return nil
}

func (r *Registrar) verifyPeers() error {
	downloads := 0
	for i, p := range r.peers {
		switch {
		case p.id == 0 || p.id == r.id || i > 0 && r.peers[i-1].id >= p.id:
			return fmt.Errorf("registrar: peer %v is out of order", p.id)
		case p.state == feed.Forgotten:
			return fmt.Errorf("registrar: peer %v is forgotten, but listed", p.id)
		case p.state != feed.Dead && p.timer.place == 0 && r.phase != feed.Draining:
			return fmt.Errorf("registrar: peer %v in state %v is not watched", p.id, p.state)
		case p.dial != nil && (r.dials[p.dial.id] != p.dial || p.dial.peer != p):
			return fmt.Errorf("registrar: peer %v waits for no dial", p.id)
		case len(p.queue) > maxQueue || len(p.queue) > 0 && p.dial == nil && r.phase != feed.Draining:
			return fmt.Errorf("registrar: peer %v has %d messages waiting for nothing", p.id, len(p.queue))
		}
		for _, a := range p.links {
			if r.associations[a.id] != a || !slices.Contains(a.peers, p) {
				return fmt.Errorf("registrar: peer %v is linked by an association that is gone", p.id)
			}
		}
		if p.upload != nil {
			downloads++
		}
	}
	if downloads != r.downloads {
		return fmt.Errorf("registrar: %d downloads counted, there are %d", r.downloads, downloads)
	}
	strangers := 0
	for _, s := range r.seeds {
		if s.stranger {
			strangers++
		}
		if s.stranger && s.timer.place == 0 && r.phase != feed.Draining {
			return fmt.Errorf("registrar: stranger at %v is not watched", s.endpoint)
		}
		if s.association != nil && r.associations[s.association.id] != s.association || s.dial != nil && r.dials[s.dial.id] != s.dial {
			return fmt.Errorf("registrar: configured peer %v has an association or a dial that is gone", s.endpoint)
		}
	}
	if strangers > maxStrangers {
		return fmt.Errorf("registrar: %d strangers are called, at most %d may be", strangers, maxStrangers)
	}
	return nil
}

// verifyCredentials: whoever is linked here may be.
func (r *Registrar) verifyCredentials() error {
	strangers := 0
	for id, a := range r.associations {
		if why := r.mayNotJoin(a); why != "" {
			return fmt.Errorf("registrar: association %d should not be: %s", id, why)
		}
		if !a.opened && r.isStranger(a) {
			strangers++
		}
		for _, p := range a.peers {
			if why := r.mayNotSpeakAs(a, p.id); why != "" {
				return fmt.Errorf("registrar: association %d is none of peer %v: %s", id, p.id, why)
			}
		}
		for _, el := range a.elements {
			if why := r.mayNotBe(a, el.ref, el); why != "" {
				return fmt.Errorf("registrar: association %d is none of %v: %s", id, el.ref, why)
			}
		}
	}
	if strangers != r.strangers {
		return fmt.Errorf("registrar: %d strangers counted, there are %d", r.strangers, strangers)
	}
	return nil
}

func (r *Registrar) verifyTimers() error {
	h := r.timers.heap
	for i, t := range h {
		x := t.timer
		if x.place != i+1 || (turn{at: x.at, order: x.order}).before(t) || i > 0 && t.before(h[(i-1)/2]) {
			return fmt.Errorf("registrar: timer %d of %d is out of order", i, len(h))
		}
	}
	if r.phase == feed.Starting && r.mentor != nil && r.mentor.step != huntTable && r.mentor.timer.place == 0 {
		return errors.New("registrar: start-up waits for nothing")
	}
	return nil
}

// verifyMemory: what is remembered beside elements and peers is about such.
func (r *Registrar) verifyMemory() error {
	for ref := range r.relics {
		if e, ok := r.space.Find(ref.Handle, ref.ID); !ok || e.HomeServer() == r.id {
			return fmt.Errorf("registrar: relic of %v, which is own or not in the handlespace", ref)
		}
	}
	for _, p := range r.peers {
		for ref := range p.unconfirmed {
			if e, ok := r.space.Find(ref.Handle, ref.ID); !ok || e.HomeServer() != p.id {
				return fmt.Errorf("registrar: %v is unconfirmed at %v, which is not its home", ref, p.id)
			}
		}
	}
	most := len(r.elements) + 5*len(r.peers) + len(r.seeds) + len(r.watches) + r.adoptions + 2*len(r.holds.list) + 8 // a few of its own
	if n := len(r.timers.heap); n > most {
		return fmt.Errorf("registrar: %d timers are set, at most %d have a reason", n, most)
	}
	return nil
}

// verifyHolds: nobody is here who is held.
func (r *Registrar) verifyHolds() error {
	own, indexed := 0, 0
	for _, h := range r.holds.list {
		if h.maker == r.id {
			own++
		}
		switch e, ok := r.space.Find(h.ref.Handle, h.ref.ID); {
		case ok && e.HomeServer() == r.id:
			return fmt.Errorf("registrar: own element %v is held by %v", h.ref, h.maker)
		case h.state != feed.HoldInForce || h.timer.place == 0 && r.phase != feed.Draining:
			return fmt.Errorf("registrar: hold %v of %v has state %v, or no end", h.id, h.maker, h.state)
		case !slices.Contains(r.holds.byRef[h.ref], h) || r.holdOf(h.maker, h.id) != h:
			return fmt.Errorf("registrar: hold %v of %v is not found", h.id, h.maker)
		}
	}
	for _, list := range r.holds.byRef {
		indexed += len(list)
	}
	if n := len(r.holds.list); indexed != n || max(own, n-own) > r.cfg.Limits.Holds || len(r.holds.ended) > maxEndedHolds {
		return fmt.Errorf("registrar: %d holds, %d found, %d own, %d over", n, indexed, own, len(r.holds.ended))
	}
	for ref, h := range r.holds.away {
		if _, there := r.space.Find(ref.Handle, ref.ID); there || !slices.Contains(r.holds.ended, h) {
			return fmt.Errorf("registrar: %v is away since its hold, but there, or the hold is forgotten", ref)
		}
	}
	return nil
}
