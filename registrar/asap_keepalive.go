package registrar

import (
	"fmt"
	"net/netip"
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
)

// probe begins a keep-alive (RFC 5352 section 3.5) unless one is open. It ends
// with an acknowledgement in time, or with the element's removal.
func (r *Registrar) probe(el *element) {
	if el.open {
		return
	}
	el.open, el.asked = true, r.now
	r.timers.set(&el.timer, r.now.Add(r.cfg.KeepAliveTimeout))
	if el.adopting {
		r.stepOf(el, feed.Asked)
	}
	r.sendKeepAlive(el)
}

// provoke probes an element that something has made doubtful, but not again
// right after it was asked: reports must not become a flood of keep-alives.
func (r *Registrar) provoke(el *element) {
	if !el.open && r.now.Sub(el.asked) < provokedKeepAlive {
		return
	}
	r.doubt(el)
	r.probe(el)
}

// doubt shows the element as suspect.
func (r *Registrar) doubt(el *element) {
	if !el.suspect {
		el.suspect = true
		r.showHealth(el.ref)
	}
}

func (r *Registrar) showHealth(ref handlespace.Ref) {
	if e, ok := r.space.Find(ref.Handle, ref.ID); ok {
		r.healthChanged(e)
	}
}

// sendKeepAlive sends it over the element's association, over one that leads to
// the same place, or over a new one.
func (r *Registrar) sendKeepAlive(el *element) {
	r.counters.KeepAlives++
	to := r.callAddress(el)
	if el.via == nil {
		if a := r.associationTo(ASAP, to); a != nil && r.mayNotBe(a, el.ref, el) == "" {
			r.attach(el, a)
		}
	}
	if el.via != nil {
		r.sendASAP(el.via, r.keepAlive(el))
		return
	}
	if len(to.Addrs) == 0 || r.phase == feed.Draining {
		return // no place to call: the time-out decides
	}
	key := to.first()
	d := r.callbacks[key]
	if d == nil {
		d = r.dial(ASAP, to)
		r.callbacks[key] = d
	}
	el.call = d
	d.elements = append(d.elements, el)
}

// callAddress is where the element's ASAP endpoint is.
func (r *Registrar) callAddress(el *element) Endpoint {
	e, _ := r.space.Element(el.ref.Handle, el.ref.ID)
	return Endpoint{Addrs: e.ASAPTransport.Addresses, Port: e.ASAPTransport.Port, UDPPort: el.udpPort}
}

// calledBack: the association that keep-alives waited for is up.
func (r *Registrar) calledBack(d *dial, a *association) {
	delete(r.callbacks, d.to.first())
	for _, el := range d.elements {
		if el.call != d {
			continue
		}
		el.call = nil
		if why := r.mayNotBe(a, el.ref, el); why != "" {
			r.complainOfAnswer(a, el.ref, why)
			r.unanswered(el, "another one is where it was: "+why)
			continue
		}
		r.attach(el, a)
		r.sendASAP(a, r.keepAlive(el))
	}
	if len(a.elements) == 0 {
		r.disconnect(a)
	}
}

// callFailed: a keep-alive that cannot be delivered ends the registration,
// unless the element has come by itself meanwhile.
func (r *Registrar) callFailed(d *dial) {
	delete(r.callbacks, d.to.first())
	for _, el := range d.elements {
		if el.call != d {
			continue
		}
		el.call = nil
		if a := r.associationTo(ASAP, d.to); a != nil && r.mayNotBe(a, el.ref, el) == "" {
			r.attach(el, a)
			r.sendASAP(a, r.keepAlive(el))
			continue
		}
		r.unanswered(el, "no association for a keep-alive")
	}
}

// due: the next keep-alive, or the end of the open one.
func (el *element) due(r *Registrar) {
	if el.open {
		r.unanswered(el, "keep-alive not acknowledged")
		return
	}
	if el.via == nil && len(r.callAddress(el).Addrs) == 0 { // its life decides
		if el.orphan {
			r.unanswered(el, "no place to ask it")
		} else {
			r.settle(el)
		}
		return
	}
	el.home = el.home || el.orphan
	r.probe(el)
}

// unanswered removes an element that does not live. Of an orphan nobody hears.
func (r *Registrar) unanswered(el *element, why string) {
	r.counters.Unanswered++
	switch {
	case el.orphan:
		r.removeQuietly(el.ref, byUnreachable, why)
	case el.suggested: // its home decides
		el.suggested = false
		r.settle(el)
	default:
		r.removeAnnounced(el.ref, byUnreachable, why)
	}
}

func (r *Registrar) keepAlive(el *element) asap.EndpointKeepAlive {
	m := asap.EndpointKeepAlive{Home: el.home, Server: r.id, Handle: el.ref.Handle}
	if r.cfg.Dialect.namesElement() {
		m.ID = el.ref.ID
	}
	return m
}

func (r *Registrar) keepAliveAck(a *association, m asap.EndpointKeepAliveAck) {
	if a.stream {
		r.discarded(a, DiscardForbidden, "acknowledgement over TCP, elements use SCTP")
		return
	}
	ref := handlespace.Ref{Handle: m.Handle, ID: m.ID}
	el := r.elements[ref]
	if why := r.mayNotBe(a, ref, el); why != "" {
		r.tally.Discarded[ASAP][DiscardForbidden]++
		r.complainOfAnswer(a, ref, why)
		return
	}
	e, _ := r.space.Element(ref.Handle, ref.ID)
	if relic, ok := r.relics[ref]; ok && relic.asked {
		relic.asked, relic.answered = false, true
		r.relics[ref] = relic
		return
	}
	if el == nil || !el.open {
		r.discarded(a, DiscardUnexpected, "acknowledgement of no keep-alive")
		return
	}
	if el.via != a && !a.remote.meets(Endpoint{Addrs: e.ASAPTransport.Addresses, Port: e.ASAPTransport.Port}) {
		r.discarded(a, DiscardForbidden, "acknowledgement by another endpoint")
		return
	}
	r.counters.Acknowledged++
	r.note(Debug, feed.Event{Name: "keepalive.acknowledged"})
	el.owner = r.identity(a)
	if el.own {
		r.attach(el, a)
	}
	if el.orphan || el.suggested {
		if r.held(ref) != nil {
			r.declineHeld(el)
			return
		}
		r.reclaim(el)
	}
	r.admitOwner(el)
	again, rival := el.reannounce, el.contender
	el.homeTold, el.home = el.home, false
	r.settle(el)
	if again {
		e, _ = r.space.Element(ref.Handle, ref.ID)
		r.announce(enrp.AddPE, ref.Handle, e.PoolElement)
	}
	if rival != nil {
		r.rejectContender(el, rival)
	}
}

// admitOwner lets in who waits for an identifier that turns out to be its own: the
// element has acknowledged elsewhere that it is the same identity.
func (r *Registrar) admitOwner(el *element) {
	if el.owner == "" || el.contender == nil {
		return
	}
	if a := r.associations[el.contender.from]; a != nil && r.identity(a) == el.owner {
		rival := el.contender
		el.contender = nil
		r.admit(rival)
	}
}

func (r *Registrar) complainOfAnswer(a *association, ref handlespace.Ref, why string) {
	r.complain(feed.Event{
		Name: "keepalive.refused", Handle: ref.Handle, Element: ref.ID, Server: r.id, Origin: byPE,
		Text: fmt.Sprintf("%v answers for it: %s", a.remote, why),
	})
}

// settle: the element lives. The next keep-alive to an own one comes at a random
// time, so that elements registered together are not asked together.
func (r *Registrar) settle(el *element) {
	r.timers.stop(&el.timer)
	if el.adopting {
		r.stepOf(el, feed.Answered)
	}
	r.elementAnswered(el)
	el.open, el.call, el.reannounce, el.contender = false, nil, false, nil
	doubted := el.suspect
	el.suspect = false
	switch t := r.cfg.KeepAliveInterval; {
	case !el.own:
		r.untrack(el)
	case t > 0:
		r.timers.set(&el.timer, r.now.Add(r.between(t/2, t/2+t)))
	}
	if doubted {
		r.showHealth(el.ref)
	}
}

// elementsLost: an association over which elements were reached is gone. Each is
// asked over a new one; where the lost one was that already, the element is gone.
func (r *Registrar) elementsLost(a *association) {
	lost := slices.Clone(a.elements)
	for _, el := range lost {
		el.via = nil
	}
	a.elements = nil
	if r.phase == feed.Draining {
		return
	}
	for _, el := range lost {
		switch {
		case r.elements[el.ref] != el:
		case a.opened && el.open:
			r.unanswered(el, "association ended during a keep-alive")
		case el.open:
			r.doubt(el)
			r.sendKeepAlive(el)
		default:
			r.doubt(el)
			r.probe(el)
		}
	}
}

// first is the place that stands for the endpoint.
func (e Endpoint) first() (at netip.AddrPort) {
	if len(e.Addrs) > 0 {
		return netip.AddrPortFrom(e.Addrs[0], e.Port)
	}
	return at
}
