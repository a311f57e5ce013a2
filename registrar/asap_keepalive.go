package registrar

import (
	"fmt"
	"net/netip"

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
	el.open, el.asked = true, r.timers.mark(r.now)
	r.setClock(el, r.answerBy(el))
	if el.adopting {
		r.stepOf(el, r.ref(el), feed.Asked)
	}
	r.sendKeepAlive(el)
}

// provoke probes an element that something has made doubtful, but not again
// right after it was asked: reports must not become a flood of keep-alives.
func (r *Registrar) provoke(el *element) {
	if !el.open && r.since(el.asked) < provokedKeepAlive {
		return
	}
	r.doubt(el)
	r.probe(el)
}

// doubt shows the element as suspect.
func (r *Registrar) doubt(el *element) {
	if !el.suspect {
		el.suspect = true
		r.healthChanged(r.space.Numbered(el.place))
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
	if el.via == 0 {
		if a := r.associationTo(ASAP, to); a != nil && r.mayNotBe(a, r.ref(el), r.owner(el)) == "" {
			r.attach(el, a)
		}
	}
	if a := r.via(el); a != nil {
		r.sendASAP(a, r.keepAlive(el))
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
	r.waitFor(el, d)
}

// callAddress is where the element's ASAP endpoint is.
func (r *Registrar) callAddress(el *element) Endpoint {
	t := r.space.Numbered(el.place).PoolElement().ASAPTransport
	return Endpoint{Addrs: t.Addresses, Port: t.Port, UDPPort: el.udpPort}
}

// calledBack: the association that keep-alives waited for is up.
func (r *Registrar) calledBack(d *dial, a *association) {
	a.again = d.again
	delete(r.callbacks, d.to.first())
	for _, number := range d.elements {
		el := r.records.at(number)
		if !el.waitsFor(d) {
			continue
		}
		el.waitNoMore()
		if why := r.mayNotBe(a, r.ref(el), r.owner(el)); why != "" {
			r.complainOfAnswer(a, r.ref(el), why)
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
// unless the element has come by itself meanwhile. Where the host has refused it, the
// element is gone for sure.
func (r *Registrar) callFailed(d *dial, refused bool) {
	delete(r.callbacks, d.to.first())
	for _, number := range d.elements {
		el := r.records.at(number)
		if !el.waitsFor(d) {
			continue
		}
		el.waitNoMore()
		if a := r.associationTo(ASAP, d.to); a != nil && r.mayNotBe(a, r.ref(el), r.owner(el)) == "" {
			r.attach(el, a)
			r.sendASAP(a, r.keepAlive(el))
			continue
		}
		switch {
		case refused:
			r.unanswered(el, "its host refuses an association for a keep-alive")
		case d.began < r.guard.released: // in the outage
			r.sendKeepAlive(el)
		default:
			r.unreached(el)
		}
	}
}

// due: the next keep-alive, or the end of the open one.
func (el *element) due(r *Registrar) {
	if el.open {
		if !r.overdue(el) {
			r.timedOut(el)
		}
		return
	}
	if el.via == 0 && len(r.callAddress(el).Addrs) == 0 { // its life decides
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
		r.removeQuietly(r.ref(el), byUnreachable, why)
	case el.suggested: // its home decides
		el.suggested = false
		r.settle(el)
	default:
		r.removeAnnounced(r.ref(el), byUnreachable, why)
	}
}

func (r *Registrar) keepAlive(el *element) asap.EndpointKeepAlive {
	e := r.space.Numbered(el.place)
	m := asap.EndpointKeepAlive{Home: el.home, Server: r.id, Handle: e.Handle()}
	if r.cfg.Dialect.namesElement() {
		m.ID = e.ID()
	}
	return m
}

func (r *Registrar) keepAliveAck(a *association, m asap.EndpointKeepAliveAck) {
	if a.stream {
		r.discarded(a, DiscardForbidden, "acknowledgement over TCP, elements use SCTP")
		return
	}
	ref := handlespace.Ref{Handle: m.Handle, ID: m.ID}
	el := r.record(ref)
	if why := r.mayNotBe(a, ref, r.ownerIfAny(el)); why != "" {
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
	if el.via != a.number && !a.remote.meets(Endpoint{Addrs: e.ASAPTransport.Addresses, Port: e.ASAPTransport.Port}) {
		r.discarded(a, DiscardForbidden, "acknowledgement by another endpoint")
		return
	}
	r.counters.Acknowledged++
	r.note(Debug, feed.Event{Name: "keepalive.acknowledged"})
	r.setOwner(el, r.identity(a))
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
	if el.own {
		r.sounds(el)
	}
	again, rival, owner := el.marks.has(reannounce), r.contender(el), r.owner(el)
	el.marks.set(homeTold, el.home)
	el.home = false
	r.settle(el)
	if again {
		e, _ = r.space.Element(ref.Handle, ref.ID)
		r.announce(enrp.AddPE, ref.Handle, e.PoolElement)
	}
	if rival != nil {
		r.rejectContender(ref, owner, rival)
	}
}

// admitOwner lets in who waits for an identifier that turns out to be its own: the
// element has acknowledged elsewhere that it is the same identity.
func (r *Registrar) admitOwner(el *element) {
	rival := r.contender(el)
	if el.owner == 0 || rival == nil {
		return
	}
	if a := r.associations[rival.from]; a != nil && r.identity(a) == r.owner(el) {
		delete(r.records.contenders, r.records.number(el))
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
	ref := r.ref(el)
	r.timers.halt(&el.clock)
	if el.adopting {
		r.stepOf(el, ref, feed.Answered)
	}
	r.elementAnswered(el)
	el.open = false
	el.marks.set(reannounce, false)
	el.waitNoMore()
	delete(r.records.contenders, r.records.number(el))
	doubted := el.suspect
	el.suspect = false
	switch t := r.cfg.KeepAliveInterval; {
	case !el.own:
		r.untrack(el, ref)
	case t > 0:
		r.setClock(el, r.now.Add(r.between(t/2, t/2+t)))
	}
	if doubted {
		r.showHealth(ref)
	}
}

// elementsLost: an association over which elements were reached is gone. Each is
// asked over a new one. Where the lost one was that already, it may have crossed a
// call of the element, so there is one more; then the element is gone. silent: nobody
// has ended it, but nothing comes any more.
func (r *Registrar) elementsLost(a *association, silent bool) {
	lost := a.elements
	for _, number := range lost {
		el := r.records.at(number)
		el.via, el.slot = 0, 0
		if silent && r.phase == feed.Serving {
			r.hush(el)
		}
	}
	a.elements = nil
	if r.phase == feed.Draining {
		return
	}
	for _, number := range lost {
		switch el := r.records.at(number); {
		case el.place == 0 || el.via != 0: // ended, and perhaps another's by now
		case a.again && el.open && !silent:
			r.unanswered(el, "association ended during a keep-alive, twice")
		case el.open:
			r.doubt(el)
			r.sendKeepAlive(el)
			if d := r.callbacks[r.callAddress(el).first()]; d != nil && a.opened && !silent {
				d.again = true
			}
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
