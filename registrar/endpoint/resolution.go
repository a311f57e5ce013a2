package endpoint

import (
	"errors"
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// request is a handle resolution that a server has to answer, for all who wait
// for its answer.
type request struct {
	handle    wire.PoolHandle
	items     uint32
	subscribe bool
	// fresh: what is known already is no answer.
	fresh  bool
	askers []asker
	// number is its place among the requests, sent counts its
	// ASAP_HANDLE_RESOLUTIONs, asked is the place of the last one among all.
	number uint64
	sent   int
	asked  uint64
	t1     timer
	// putOff: t1 is the time until it is asked again, after refusals for want of
	// resources.
	putOff   bool
	refusals int
}

// asker is one who waits: an application's Resolve, or somebody in here.
type asker struct {
	id   RequestID
	then func(Resolved)
}

// resolve answers from the cache where it is fresh (RFC 5352 section 3.3 C1), and
// asks the home otherwise.
func (e *Endpoint) resolve(ev Resolve) {
	if c, ok := e.cache.Get(ev.Handle); ok && !ev.Fresh && c.fresh && covers(c.items, ev.Items) && c.choice.Left() > 0 {
		e.tell(ev, Resolved{Policy: c.policy, Elements: c.list(e.cfg.Rand, ev.Items)})
		return
	}
	ask := ev
	if ev.Items != 0 && !ev.Fresh { // the policy needs more than one to choose from
		ask.Items = max(ev.Items, backups)
	}
	r := e.request(ask, false, func(res Resolved) {
		delete(e.resolving, ev.Request)
		if c, ok := e.cache.Get(ev.Handle); ok && res.Err == nil && !ev.Fresh { // each who waits has its turn
			res.Elements = c.list(e.cfg.Rand, ev.Items)
		}
		e.tell(ev, res)
	})
	if r != nil {
		e.resolving[ev.Request] = r
	}
}

// tell answers an application. What it gets it may use, which nobody here sees.
func (e *Endpoint) tell(ev Resolve, res Resolved) {
	res.Request = ev.Request
	for _, pe := range res.Elements {
		e.use(ev.Handle, pe.ID)
	}
	e.do(res)
}

// request joins a resolution that is under way, or begins one; then gets the
// answer, before request returns nil where there is no hope for one.
func (e *Endpoint) request(ev Resolve, subscribe bool, then func(Resolved)) *request {
	who := asker{ev.Request, then}
	if e.hunt.on && e.hunt.failure != nil {
		then(Resolved{Err: e.hunt.failure})
		return nil
	}
	for _, r := range e.waiting[ev.Handle] {
		if !ev.Fresh && covers(r.items, ev.Items) && r.subscribe == subscribe {
			r.askers = append(r.askers, who)
			return r
		}
	}
	e.lastRequest++
	r := &request{handle: ev.Handle, items: ev.Items, subscribe: subscribe, fresh: ev.Fresh, askers: []asker{who}, number: e.lastRequest}
	r.t1.fire = func() { e.requestTimeout(r) }
	e.requests.Set(r.number, r)
	e.waiting[ev.Handle] = append(e.waiting[ev.Handle], r)
	e.ask(r)
	return r
}

// ask sends a request to the home and starts T1 (RFC 5352 section 3.3), now or
// when there is a home. The answer ends it, or MAX-REQUEST-RETRANSMIT.
func (e *Endpoint) ask(r *request) {
	switch {
	case e.home == 0:
		return
	case r.sent > e.cfg.MaxRetransmits:
		e.answer(r, Resolved{Err: ErrTimeout})
		return
	}
	if err := e.send(e.home, asap.HandleResolution{Handle: r.handle, Items: r.items, Subscribe: r.subscribe}); err != nil {
		e.answer(r, Resolved{Err: err})
		return
	}
	e.asked++
	r.asked, r.putOff = e.asked, false
	r.sent++
	e.timers.start(&r.t1, e.now.Add(e.cfg.RequestTimeout))
}

// requestTimeout is the expiry of T1: the request is repeated, and another
// server looked for meanwhile (RFC 5352 section 3.7.2).
func (e *Endpoint) requestTimeout(r *request) {
	hunt := !r.putOff
	e.ask(r)
	if hunt {
		e.startHunt()
	}
}

// resolutionResponse answers the oldest request for its handle, or updates what is
// subscribed to. Any other is no answer.
func (e *Endpoint) resolutionResponse(from AssociationID, m asap.HandleResolutionResponse) {
	if !m.Policy.Present() {
		m.Policy = wire.Policy{Type: wire.RoundRobin}
	}
	r := e.answered(m)
	c, _ := e.cache.Get(m.Handle)
	if r != nil && len(m.Elements) == 0 && has(m.Causes, wire.CauseLackOfResources) && e.bearWith(r, c) {
		return
	}
	switch {
	case r == nil && (c == nil || c.watch.grantedBy != from):
		return
	case len(m.Causes) == 0 && len(m.Elements) > 0:
		items := uint32(0)
		if r != nil {
			items = r.items
		}
		c = e.entry(m.Handle)
		e.learn(c, m.Policy, m.Elements, items)
	case c != nil: // what it said before holds no longer
		c.clear()
	}
	if c != nil && c.watch.on && (r == nil || r.subscribe || c.watch.grantedBy == 0 && covers(r.items, 0)) {
		e.updated(c, from, m) // others may have asked for a part of the pool
	}
	if r != nil {
		e.answer(r, resolved(m))
	}
	if c != nil {
		e.forgetUnused(c)
	}
}

// answered is the request that m answers. An update says that updates follow,
// what answers a request without that wish never does.
func (e *Endpoint) answered(m asap.HandleResolutionResponse) *request {
	for _, r := range e.waiting[m.Handle] {
		if r.sent > 0 && (r.subscribe || !m.Accepted) {
			return r
		}
	}
	return nil
}

func resolved(m asap.HandleResolutionResponse) Resolved {
	switch {
	case len(m.Causes) > 0:
		return Resolved{Err: &RefusedError{Causes: m.Causes}}
	case len(m.Elements) == 0:
		return Resolved{Err: ErrNoElements}
	default:
		return Resolved{Policy: m.Policy, Elements: m.Elements}
	}
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*RefusedError](err)
	return ok
}

// answer ends a request.
func (e *Endpoint) answer(r *request, res Resolved) {
	e.dropRequest(r)
	for _, who := range r.askers {
		who.then(res)
	}
}

// cancel drops an application's wish, and the request if nobody else waits.
func (e *Endpoint) cancel(id RequestID) {
	r, ok := e.resolving[id]
	if !ok {
		return
	}
	delete(e.resolving, id)
	r.askers = slices.DeleteFunc(r.askers, func(a asker) bool { return a.id == id })
	if len(r.askers) == 0 {
		e.dropRequest(r)
	}
}

func (e *Endpoint) dropRequest(r *request) {
	e.timers.stop(&r.t1)
	e.requests.Delete(r.number)
	list := e.waiting[r.handle]
	if i := slices.Index(list, r); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(e.waiting, r.handle)
		return
	}
	e.waiting[r.handle] = list
}
