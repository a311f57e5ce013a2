package registrar

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// registration answers an ASAP_REGISTRATION (RFC 5352 section 3.1). Exactly one
// response goes out for each, possibly after the element that has the identifier
// now was asked whether it lives.
func (r *Registrar) registration(a *association, m asap.Registration, invalid *wire.Error) {
	switch why := r.mayNotBeElement(a); {
	case a.stream:
		r.refuse(a, m, "asked for over TCP, elements need SCTP", wire.Cause{Code: wire.CauseRejectedSecurity})
	case why != "":
		r.forbid(a, m, why)
	case r.phase != feed.Serving:
		r.refuse(a, m, "registrar is "+r.phase.String(), wire.Cause{Code: wire.CauseLackOfResources})
	case invalid != nil:
		r.refuse(a, m, invalid.Error(), invalid.Cause)
	default:
		r.register(a, m)
	}
}

func (r *Registrar) register(a *association, m asap.Registration) {
	ref := handlespace.Ref{Handle: m.Handle, ID: m.Element.ID}
	el := r.record(ref)
	if why := r.mayNotBe(a, ref, r.ownerIfAny(el)); why != "" {
		r.forbid(a, m, why)
		return
	}
	if h := r.held(ref); h != nil {
		r.refuseHeld(a, m, h)
		return
	}
	if r.cfg.Dialect.keepsReachable() {
		m.Element.UserTransport.Addresses = reachable(a, m.Element.UserTransport.Addresses)
	}
	if why, cause, bad := r.objection(a, m); bad {
		r.refuse(a, m, why, cause)
		return
	}
	old, known := r.space.Element(m.Handle, m.Element.ID)
	if known && !r.isSame(a, el, old) {
		r.contend(a, m, ref, old)
		return
	}
	if why := r.noRoom(a, ref, el, known); why != "" {
		r.refuse(a, m, why, wire.Cause{Code: wire.CauseLackOfResources})
		return
	}
	r.accept(a, m, ref, el, old, known)
}

// accept makes this registrar the element's home (RFC 5352 section 3.1 (4)). el is
// its record, if it has one.
func (r *Registrar) accept(a *association, m asap.Registration, ref handlespace.Ref, el *element, old handlespace.Element, known bool) {
	e := m.Element
	e.HomeServer = r.id
	e.ASAPTransport = a.remote.transport()
	fresh := el == nil || !el.own
	doubted := el != nil && el.suspect
	if el != nil {
		el.suspect = false
	}
	if err := r.put(m.Handle, e, r.ownExpiry(e.Life)); err != nil {
		if el != nil {
			el.suspect = doubted
		}
		r.refuse(a, m, err.Error(), conflictCause(err))
		return
	}
	if el == nil {
		el = r.track(ref, true)
	}
	el.own = true
	r.attach(el, a)
	el.udpPort = a.remote.UDPPort
	r.setOwner(el, r.identity(a))
	el.kind, el.claimed = registered, r.timers.mark(r.now)
	el.orphan, el.suggested, el.home = false, false, false
	el.marks.set(homeTold, false)
	r.sounds(el)
	delete(r.relics, ref)
	if el.adopting {
		r.stepOf(el, ref, feed.Answered)
	}
	next := r.contender(el)
	if el.open || fresh {
		r.settle(el) // its own word is as good as an acknowledgement
	}
	if next != nil {
		r.rejectContender(ref, r.owner(el), next)
	}
	r.sendASAP(a, asap.RegistrationResponse{Handle: m.Handle, ID: e.ID})
	r.announce(enrp.AddPE, m.Handle, e)
	r.noteRegistered(ref, old, known)
}

func (r *Registrar) noteRegistered(ref handlespace.Ref, old handlespace.Element, known bool) {
	if known && old.HomeServer == r.id {
		r.counters.Reregistrations++
	} else {
		r.counters.Registrations++
	}
	switch {
	case !known:
		r.noteElement(Info, "element.registered", ref, r.id, byPE, "registered here")
	case old.HomeServer != r.id:
		r.noteElement(Info, "element.registered", ref, r.id, byPE, fmt.Sprintf("moved here from %v", old.HomeServer))
	default:
		r.noteElement(Debug, "element.registered", ref, r.id, byPE, "registered again")
	}
}

// objection is what is wrong with a registration whatever the handlespace holds.
func (r *Registrar) objection(a *association, m asap.Registration) (why string, cause wire.Cause, bad bool) {
	u := m.Element.UserTransport
	values := wire.Cause{Code: wire.CauseInvalidValues, Info: u.TLV()}
	switch {
	case len(m.Handle) > r.cfg.Limits.HandleLength:
		return r.tooLong(m.Handle), wire.Cause{Code: wire.CauseLackOfResources}, true
	case len(u.Opaque)+addressSize*(len(u.Addresses)+len(a.remote.Addrs)) > maxElement:
		return fmt.Sprintf("pool element is too long for the handle table, at most %d bytes", maxElement),
			wire.Cause{Code: wire.CauseLackOfResources}, true
	case !policy.Selects(m.Element.Policy.Type):
		return "policy " + policy.Short(m.Element.Policy.Type) + " cannot be selected by here",
			wire.Cause{Code: wire.CauseInvalidValues, Info: m.Element.Policy.TLV()}, true
	case u.Type == wire.TypeOpaqueTransport:
		return "", wire.Cause{}, false
	case u.Port == 0:
		return "user transport has port 0", values, true
	}
	for _, addr := range u.Addresses {
		if !unicast(addr) {
			return fmt.Sprintf("user transport has address %v, want a unicast address", addr), values, true
		}
		if !slices.Contains(a.remote.Addrs, addr) {
			return fmt.Sprintf("user transport has address %v, the association has %v", addr, a.remote.Addrs), values, true
		}
	}
	return "", wire.Cause{}, false
}

// reachable are those addresses that the association has, or all if that has none of
// them, which is then what is wrong with the registration.
func reachable(a *association, addrs []netip.Addr) []netip.Addr {
	var kept []netip.Addr
	for _, addr := range addrs {
		if slices.Contains(a.remote.Addrs, addr) {
			kept = append(kept, addr)
		}
	}
	if len(kept) == 0 {
		return addrs
	}
	return kept
}

// noRoom says which limit the registration would break, "" if none.
func (r *Registrar) noRoom(a *association, ref handlespace.Ref, el *element, known bool) string {
	limit := r.cfg.Limits.ElementsPerAssociation
	if len(a.elements) >= limit && (el == nil || el.via != a.number) {
		return r.hit(LimitElementsPerAssociation, fmt.Sprintf("%d elements registered over this association, at most %d", len(a.elements), limit))
	}
	if known {
		return ""
	}
	if most := r.cfg.Limits.Registrations; most > 0 && !a.registrations.take(r.now, most) {
		return r.hit(LimitRegistrations, fmt.Sprintf("more than %d new elements in a second over this association", most))
	}
	if why := r.full(ref.Handle); why != "" {
		return why
	}
	if pool, most := r.space.PoolLen(ref.Handle), r.cfg.Limits.ElementsPerPool; pool >= most {
		return r.hit(LimitElementsPerPool, fmt.Sprintf("pool has %d elements, at most %d", pool, most))
	}
	return ""
}

// tooLong says that a pool handle is.
func (r *Registrar) tooLong(handle wire.PoolHandle) string {
	return r.hit(LimitHandleLength, fmt.Sprintf("pool handle has %d bytes, at most %d", len(handle), r.cfg.Limits.HandleLength))
}

// full says which limit of the handlespace one more element would break.
func (r *Registrar) full(handle wire.PoolHandle) string {
	l := r.cfg.Limits
	if r.space.Len() >= l.Elements {
		return r.hit(LimitElements, fmt.Sprintf("handlespace has %d elements, at most %d", r.space.Len(), l.Elements))
	}
	if r.space.PoolCount() >= l.Pools && r.space.PoolLen(handle) == 0 {
		return r.hit(LimitPools, fmt.Sprintf("handlespace has %d pools, at most %d", r.space.PoolCount(), l.Pools))
	}
	return ""
}

// forbid refuses what the credential of the sender does not allow.
func (r *Registrar) forbid(a *association, m asap.Registration, why string) {
	r.answerRefused(a, m, wire.Cause{Code: wire.CauseRejectedSecurity})
	r.complain(feed.Event{
		Name: "element.refused", Handle: m.Handle, Element: m.Element.ID, Server: r.id, Origin: byPE, Text: why,
	})
}

func (r *Registrar) refuse(a *association, m asap.Registration, why string, cause wire.Cause) {
	r.answerRefused(a, m, cause)
	r.complainAt(Info, feed.Event{
		Name: "element.refused", Handle: m.Handle, Element: m.Element.ID, Server: r.id, Origin: byPE, Text: why,
	})
}

func (r *Registrar) answerRefused(a *association, m asap.Registration, cause wire.Cause) {
	r.counters.Refused++
	r.tally.refused(cause.Code)
	// An echoed parameter may be as long as the message was.
	room := wire.MaxMessage - 32 - wire.Padded(len(m.Handle))
	r.sendASAP(a, asap.RegistrationResponse{
		Reject: true, Handle: m.Handle, ID: m.Element.ID, Causes: wire.FitCauses([]wire.Cause{cause}, room),
	})
}

// isSame reports whether the element e, known by its record el if it has one,
// is the one at the other end of a: it has its identity, wherever it is, or where
// that is not known, it registered over it, or its ASAP addresses say so while
// nobody else holds its association.
func (r *Registrar) isSame(a *association, el *element, e handlespace.Element) bool {
	switch {
	case el == nil:
	case el.owner != 0:
		return r.owner(el) == r.identity(a)
	case el.via == a.number:
		return true
	}
	t := e.ASAPTransport
	if !t.Present() {
		t = e.UserTransport
	}
	return overlap(a.remote.Addrs, t.Addresses) &&
		(a.remote.Port == t.Port || !r.cfg.Secured && (el == nil || el.via == 0 || r.via(el).opened))
}

// contend holds a registration under an identifier that another element has
// until that one has shown whether it lives (cause 4, RFC 5354 section 3.12.5).
func (r *Registrar) contend(a *association, m asap.Registration, ref handlespace.Ref, old handlespace.Element) {
	el := r.record(ref)
	if el != nil && el.via != 0 && !r.via(el).opened || !old.ASAPTransport.Present() {
		r.refuseTaken(a, m)
		if el != nil {
			r.provoke(el)
		}
		return
	}
	el = r.recordOf(ref, old.HomeServer)
	if r.contender(el) != nil {
		r.refuseTaken(a, m)
		return
	}
	for _, t := range []*wire.Transport{&m.Element.UserTransport, &m.Element.ASAPTransport} {
		t.Addresses = slices.Clone(t.Addresses) // the decoder's
	}
	r.records.contenders[r.records.number(el)] = &contender{from: a.id, Registration: m}
	r.probe(el)
}

func (r *Registrar) refuseTaken(a *association, m asap.Registration) {
	r.refuse(a, m, "PE identifier belongs to another element that lives", wire.Cause{Code: wire.CauseNonUniquePEIdentifier, Info: m.Element.TLV()})
}

// admit registers a contender whose rival is gone.
func (r *Registrar) admit(c *contender) {
	if c == nil {
		return
	}
	if a := r.associations[c.from]; a != nil {
		r.registration(a, c.Registration, nil)
	}
}

// rejectContender: the element lives, and is another one. owner is its identity.
func (r *Registrar) rejectContender(ref handlespace.Ref, owner string, c *contender) {
	a := r.associations[c.from]
	if a == nil {
		return
	}
	if why := r.mayNotBe(a, ref, owner); why != "" {
		r.forbid(a, c.Registration, why)
		return
	}
	r.refuseTaken(a, c.Registration)
}

func conflictCause(err error) wire.Cause {
	if c, ok := errors.AsType[*handlespace.ConflictError](err); ok {
		return c.Cause
	}
	return wire.Cause{Code: wire.CauseInvalidValues}
}

func sameTransport(a, b wire.Transport) bool {
	return a.Type == b.Type && a.Port == b.Port && a.Use == b.Use && a.ServiceCode == b.ServiceCode &&
		a.Opaque == b.Opaque && slices.EqualFunc(a.Addresses, b.Addresses, func(x, y netip.Addr) bool { return x == y })
}
