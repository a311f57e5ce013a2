package registrar

import (
	"errors"
	"fmt"
	"slices"

	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
)

// Verify checks that all parts of the state agree with each other. It walks
// everything: for tests.
func (r *Registrar) Verify() error {
	return errors.Join(r.space.Verify(), r.verifyRecords(), r.verifyElements(), r.verifyAssociations(), r.verifyPeers(), r.verifyCredentials(), r.verifyTimers(), r.verifyMemory(), r.verifyHolds(), r.verifyGuard())
}

// verifyRecords: records, the elements that have them, and what is kept beside them
// agree, and nothing is left of those that have ended.
func (r *Registrar) verifyRecords() error {
	s := &r.records
	records, contenders, probes := 0, 0, 0
	owners := make(map[uint32]int)
	there := make(map[uint32]bool)
	for e := range r.space.Table(handlespace.Position{}, 0) {
		there[e.Number()] = true
		el := r.recordIn(e)
		if el == nil {
			continue
		}
		if el.place != e.Number() {
			return fmt.Errorf("registrar: record of %v is that of another one", e.Ref())
		}
		records++
		number := s.number(el)
		if s.contenders[number] != nil {
			contenders++
		}
		if len(s.probes[number]) > 0 {
			probes++
		}
		if el.owner != 0 {
			owners[el.owner]++
		}
	}
	if records != s.Len() || contenders != len(s.contenders) || probes != len(s.probes) {
		return fmt.Errorf("registrar: %d records, %d contenders and %d wishes; elements have %d, %d and %d",
			s.Len(), len(s.contenders), len(s.probes), records, contenders, probes)
	}
	for place := uint32(1); uint64(place) <= s.of.Room(); place++ {
		if !there[place] && s.find(place) != nil {
			return fmt.Errorf("registrar: number %d has a record, but is no element", place)
		}
	}
	return s.owners.verify(owners)
}

func (r *Registrar) verifyElements() error {
	for e := range r.space.OwnedBy(r.id) {
		el := r.recordIn(e)
		if r.adoptions > 0 && (el == nil || !el.own) {
			continue
		}
		if el == nil || !el.own {
			return fmt.Errorf("registrar: own element %v has no record", e.Ref())
		}
		if el.kind == registered && !e.PoolElement().ASAPTransport.Present() {
			return fmt.Errorf("registrar: own element %v has no ASAP transport", e.Ref())
		}
		if r.phase == feed.Serving && el.clock.place == 0 && r.cfg.KeepAliveInterval > 0 {
			return fmt.Errorf("registrar: own element %v waits for no keep-alive", e.Ref())
		}
	}
	for e := range r.space.Table(handlespace.Position{}, 0) {
		el := r.recordIn(e)
		if el == nil {
			continue
		}
		ref, a, contender := e.Ref(), r.via(el), r.contender(el)
		switch {
		case el.own != (e.HomeServer() == r.id):
			return fmt.Errorf("registrar: record of %v says own %v, its home is %v", ref, el.own, e.HomeServer())
		case el.orphan != (e.HomeServer() == 0):
			return fmt.Errorf("registrar: record of %v says orphan %v, its home is %v", ref, el.orphan, e.HomeServer())
		case !el.own && !el.open && !el.orphan && !el.suggested:
			return fmt.Errorf("registrar: record of %v, an element of a peer that is not probed", ref)
		case el.adopting && (!el.own || r.plays[el.from] == nil):
			return fmt.Errorf("registrar: the takeover of %v waits in vain for %v", el.from, ref)
		case contender != nil && !el.open:
			return fmt.Errorf("registrar: %v has a contender, but is not probed", ref)
		case a != nil && a.elements[el.slot] != r.records.number(el):
			return fmt.Errorf("registrar: %v is not where its association has it", ref)
		case a == nil && el.slot != 0 && !el.open:
			return fmt.Errorf("registrar: %v waits for a dial, but is not probed", ref)
		}
	}
	return nil
}

func (r *Registrar) verifyAssociations() error {
	inbound, leaving := 0, 0
	for id, a := range r.associations {
		if !a.opened && !a.leaving {
			inbound++
		}
		if a.leaving {
			leaving++
		}
		if a.id != id || *r.numbers.At(a.number) != a {
			return fmt.Errorf("registrar: association %d has the number of another one", id)
		}
		for slot, number := range a.elements {
			if el := r.records.at(number); el.place == 0 || el.via != a.number || int(el.slot) != slot {
				return fmt.Errorf("registrar: association %d has record %d, which is not there", id, number)
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
	if n := r.numbers.Len(); n != len(r.associations) {
		return fmt.Errorf("registrar: %d associations, %d have a number", len(r.associations), n)
	}
	if inbound != r.inbound || leaving != r.leaving {
		return fmt.Errorf("registrar: %d associations counted and %d that leave, there are %d and %d", r.inbound, r.leaving, inbound, leaving)
	}
	for at := r.idle.Front(); at != nil; at = at.Next() {
		a := at.Value.(*association)
		if inbound--; r.associations[a.id] != a || a.place != at {
			return fmt.Errorf("registrar: association %d is in the order of those that are idle, and should not be", a.id)
		}
	}
	if inbound != 0 {
		return fmt.Errorf("registrar: %d associations are missing in the order of those that are idle", inbound)
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
		if !a.opened && !a.leaving && r.isStranger(a) {
			strangers++
		}
		for _, p := range a.peers {
			if why := r.mayNotSpeakAs(a, p.id); why != "" {
				return fmt.Errorf("registrar: association %d is none of peer %v: %s", id, p.id, why)
			}
		}
		for _, number := range a.elements {
			el := r.records.at(number)
			if why := r.mayNotBe(a, r.ref(el), r.owner(el)); why != "" {
				return fmt.Errorf("registrar: association %d is none of %v: %s", id, r.ref(el), why)
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
	few := 0
	for i, t := range h {
		c := r.timers.clock(t.whose)
		if int(c.place) != i+1 || (turn{at: c.at, order: c.order}).before(t) || i > 0 && t.before(h[(i-1)/2]) {
			return fmt.Errorf("registrar: timer %d of %d is out of order", i, len(h))
		}
		if t.whose&ofFew != 0 {
			few++
		}
	}
	if n := r.timers.few.Len(); n != few {
		return fmt.Errorf("registrar: %d timers beside those of elements, %d have a turn", n, few)
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
	reported := 0
	for e := range r.space.Table(handlespace.Position{}, 0) {
		list := len(r.reporters[e.Number()])
		if list > 0 {
			reported++
		}
		if n := e.Reports(); n < list && n != 0 || list > r.cfg.MaxBadPEReport+1 {
			return fmt.Errorf("registrar: %v has %d reports of %d users, at most %d are kept", e.Ref(), n, list, r.cfg.MaxBadPEReport+1)
		}
	}
	if reported != len(r.reporters) {
		return fmt.Errorf("registrar: reporters of %d elements are kept, %d are here", len(r.reporters), reported)
	}
	most := r.records.Len() + 5*len(r.peers) + len(r.seeds) + len(r.watches) + r.adoptions + 2*len(r.holds.list) + 9 // a few of its own
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
