package endpoint

import (
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// phase is where an element is between the application and its pool.
type phase uint8

const (
	// waiting for a home.
	waiting phase = iota
	// asking: a request is on its way, T2 or T3 runs.
	asking
	// registered: T4 runs.
	registered
	// removed by the server: T4 runs.
	removed
)

// element is a pool element.
type element struct {
	spec   Spec
	number ElementID
	id     wire.PEIdentifier
	phase  phase
	// leaving: it waits for, or asks for, its de-registration.
	leaving bool
	// known: some server has accepted it once.
	known bool
	// attempts counts the requests sent since the last success.
	attempts int
	// asked is the place of its last request among all; askedOf is where it went.
	asked   uint64
	askedOf AssociationID
	// user and policy are as sent last, at sentAt.
	user   wire.Transport
	policy wire.Policy
	sentAt time.Time
	// due is when T4 ends or ended.
	due time.Time
	// answer is T2 or T3, reregister T4; update waits to send a changed policy.
	answer, reregister, update timer
	acks                       acknowledgements
}

func (e *Endpoint) register(ev Register) {
	el := &element{spec: ev.Spec, number: ev.Element, id: ev.Spec.ID}
	if !el.spec.Policy.Present() {
		el.spec.Policy = wire.Policy{Type: wire.RoundRobin}
	}
	if el.id == 0 {
		el.id = e.freeID(ev.Spec.Handle)
	}
	err := ev.Spec.Validate()
	if e.cfg.Stream {
		err = ErrStream
	}
	if _, taken := e.find(ev.Spec.Handle, el.id); err == nil && taken {
		err = ErrDuplicate
	}
	if err != nil {
		e.report(el, Refused, nil, err)
		return
	}
	el.answer.fire = func() { e.unanswered(el) }
	el.reregister.fire = func() { e.requestRegistration(el) }
	el.update.fire = func() { e.requestRegistration(el) }
	el.acks.timer.fire = func() { e.flushAcks(el) }
	e.elements.Set(el.number, el)
	e.index(el)
	e.requestRegistration(el)
}

// requestRegistration sends ASAP_REGISTRATION and starts T2 (RFC 5352 section
// 3.1 R1 to R4), now or when there is a home.
func (e *Endpoint) requestRegistration(el *element) {
	e.timers.stop(&el.reregister, &el.update)
	el.phase = waiting
	if e.home == 0 {
		return
	}
	user, err := bind(el.spec.User, e.associations[e.home].Local)
	if err == nil {
		el.user, el.policy, el.sentAt = user, el.spec.Policy, e.now
		err = e.send(e.home, asap.Registration{Handle: el.spec.Handle, Element: wire.PoolElement{
			ID: el.id, Life: e.cfg.life(el.spec.Life), UserTransport: user, Policy: el.policy,
		}})
	}
	if err != nil {
		e.report(el, Refused, nil, err)
		e.drop(el)
		return
	}
	e.requested(el, e.cfg.RegistrationTimeout)
}

// requested notes that a request of el went to the home.
func (e *Endpoint) requested(el *element, timeout time.Duration) {
	e.stopAsking(el)
	e.asked++
	e.asking.Set(e.asked, el)
	el.asked, el.askedOf = e.asked, e.home
	el.phase = asking
	el.attempts++
	e.timers.start(&el.answer, e.now.Add(timeout))
}

// stopAsking ends the wait for the answer to el's request.
func (e *Endpoint) stopAsking(el *element) {
	e.timers.stop(&el.answer)
	e.asking.Delete(el.asked)
}

// void is for a request that was neither answered nor given its time: the home has
// moved away from the server asked. It does not count as an attempt.
func (e *Endpoint) void(el *element) {
	e.stopAsking(el)
	el.attempts--
}

// oldestAsking is the element that has waited longest for an answer of a server.
func (e *Endpoint) oldestAsking(of AssociationID) (oldest *element) {
	e.asking.Scan(func(_ uint64, el *element) bool {
		if el.askedOf == of {
			oldest = el
		}
		return oldest == nil
	})
	return oldest
}

// bind gives t the addresses of the association where it has none, and refuses
// those the association does not have (RFC 5352 section 3.1 R1).
func bind(t wire.Transport, local []netip.Addr) (wire.Transport, error) {
	if len(local) == 0 || t.Type == wire.TypeOpaqueTransport {
		return t, nil
	}
	if len(t.Addresses) == 0 {
		if t.Type != wire.TypeSCTPTransport {
			local = local[:1] // the others have exactly one (RFC 5354 section 3.5)
		}
		t.Addresses = local
	}
	for _, a := range t.Addresses {
		if !slices.Contains(local, a) {
			return t, &AddressError{Address: a, Bound: local}
		}
	}
	return t, nil
}

// unanswered is the expiry of T2 or T3.
func (e *Endpoint) unanswered(el *element) {
	if el.askedOf == e.home {
		e.abandonHome("it did not answer a request within " + e.now.Sub(el.sentAt).String())
		return
	}
	e.elementHomeDown(el, el.askedOf) // a keep-alive has moved the home meanwhile
	if _, left := e.elements.Get(el.number); left {
		e.elementHomeUp(el)
	}
}

// elementsHomeUp asks a new home for what the elements wait for.
func (e *Endpoint) elementsHomeUp() {
	for _, el := range e.elements.Values() { // a copy: who cannot be registered is dropped
		e.elementHomeUp(el)
	}
}

// elementsHomeDown lets the elements wait for a home.
func (e *Endpoint) elementsHomeDown(lost AssociationID) {
	for _, el := range e.elements.Values() { // a copy: who has asked too often is dropped
		e.elementHomeDown(el, lost)
	}
}

// elementHomeDown lets an element wait for a home, unless it has asked too often. A
// request to another server than the lost one has not failed.
func (e *Endpoint) elementHomeDown(el *element, lost AssociationID) {
	switch {
	case el.phase == removed:
		return
	case el.phase == asking && el.askedOf != lost:
		e.void(el)
	case el.phase == asking && el.attempts >= e.cfg.MaxRegistrations:
		e.stopAsking(el)
		el.phase = waiting
		e.giveUp(el)
		return
	}
	e.stopAsking(el)
	e.timers.stop(&el.reregister, &el.update)
	el.phase = waiting
}

// giveUp ends a series of MAX-REG-ATTEMPT requests.
func (e *Endpoint) giveUp(el *element) {
	switch {
	case el.leaving:
		e.report(el, Deregistered, nil, ErrTimeout)
	case el.spec.Persist && el.known:
		el.attempts = 0
		e.report(el, Retrying, nil, ErrTimeout)
		return
	default:
		e.report(el, Failed, nil, ErrTimeout)
	}
	e.drop(el)
}

// elementHomeUp asks a new home for what the element waits for.
func (e *Endpoint) elementHomeUp(el *element) {
	switch {
	case el.phase != waiting:
	case el.leaving:
		e.requestDeregistration(el)
	default:
		e.requestRegistration(el)
	}
}

// registrationResponse takes the answer of the element it names; any other is
// not for us (RFC 5352 section 2.2.3); that of a server asked before the home moved
// is none.
func (e *Endpoint) registrationResponse(from AssociationID, m asap.RegistrationResponse) {
	el, ok := e.find(m.Handle, m.ID)
	switch {
	case !ok || el.phase != asking || el.askedOf != from:
		return
	case el.leaving: // it counts if the de-registration is refused
		if !m.Reject {
			el.known, el.due = true, e.now.Add(el.spec.interval())
		}
		return
	}
	if m.Reject {
		e.refused(el, m.Causes)
		return
	}
	e.stopAsking(el)
	el.phase, el.attempts = registered, 0
	kind := Reregistered
	if !el.known {
		el.known, kind = true, Registered
	}
	el.due = e.now.Add(el.spec.interval())
	e.timers.start(&el.reregister, el.due)
	e.report(el, kind, m.Causes, nil)
	e.sendUpdate(el)
}

// refusedWait is the time until a known element asks a server again that lacks
// resources: start-up, the usual reason, is over soon.
const refusedWait = 5 * time.Second

// refused ends an element, since asking again would change nothing; but for a
// PE identifier that is taken and was chosen here another one is (cause 4), and
// what must persist outlasts a lack of resources (cause 6).
func (e *Endpoint) refused(el *element, causes []wire.Cause) {
	if el.spec.Persist && el.known && has(causes, wire.CauseLackOfResources) {
		e.stopAsking(el)
		el.phase, el.attempts = registered, 0
		el.due = e.now.Add(refusedWait)
		e.timers.start(&el.reregister, el.due)
		e.report(el, Retrying, causes, &RefusedError{Causes: causes})
		return
	}
	if has(causes, wire.CauseNonUniquePEIdentifier) && el.spec.ID == 0 && el.attempts < e.cfg.MaxRegistrations {
		e.stopAsking(el)
		e.unindex(el)
		el.id = e.freeID(el.spec.Handle)
		e.index(el)
		e.requestRegistration(el)
		return
	}
	e.report(el, Refused, causes, &RefusedError{Causes: causes})
	e.drop(el)
}

func (e *Endpoint) setPolicy(ev SetPolicy) {
	if el, ok := e.elements.Get(ev.Element); ok {
		el.spec.Policy = ev.Policy
		e.sendUpdate(el)
	}
}

// sendUpdate registers again for a policy that changed since it was sent, at
// most once every UpdateInterval.
func (e *Endpoint) sendUpdate(el *element) {
	if el.phase != registered || el.policy == el.spec.Policy {
		return
	}
	if at := el.sentAt.Add(e.cfg.UpdateInterval); at.After(e.now) {
		e.timers.start(&el.update, at)
		return
	}
	e.requestRegistration(el)
}

func (e *Endpoint) report(el *element, kind Kind, causes []wire.Cause, err error) {
	e.do(Reported{
		Element: el.number, Kind: kind, Handle: el.spec.Handle, ID: el.id,
		User: el.user, Causes: causes, Err: err,
	})
}

// drop forgets an element.
func (e *Endpoint) drop(el *element) {
	e.stopAsking(el)
	e.timers.stop(&el.reregister, &el.update, &el.acks.timer)
	e.elements.Delete(el.number)
	e.unindex(el)
}
