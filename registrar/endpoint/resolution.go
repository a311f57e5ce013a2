package endpoint

import (
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// request is a handle resolution.
type request struct {
	Resolve
	// sent counts the ASAP_HANDLE_RESOLUTIONs of this request.
	sent  int
	asked uint64
	t1    timer
}

func (e *Endpoint) resolve(ev Resolve) {
	r := &request{Resolve: ev}
	r.t1.fire = func() { e.requestTimeout(r) }
	e.requests.Set(ev.Request, r)
	e.waiting[ev.Handle] = append(e.waiting[ev.Handle], r)
	if e.hunt.on && e.hunt.failure != nil {
		e.answer(r, Resolved{Err: e.hunt.failure})
		return
	}
	e.ask(r)
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
	if err := e.send(e.home, asap.HandleResolution{Handle: r.Handle, Items: r.Items}); err != nil {
		e.answer(r, Resolved{Err: err})
		return
	}
	e.asked++
	r.asked = e.asked
	r.sent++
	e.timers.start(&r.t1, e.now.Add(e.cfg.RequestTimeout))
}

// requestTimeout is the expiry of T1: the request is repeated, and another
// server looked for meanwhile (RFC 5352 section 3.7.2).
func (e *Endpoint) requestTimeout(r *request) {
	e.ask(r)
	e.startHunt()
}

// resolutionResponse answers the oldest request for its handle. Without one it
// is no answer.
func (e *Endpoint) resolutionResponse(m asap.HandleResolutionResponse) {
	list := e.waiting[m.Handle]
	if len(list) == 0 {
		return
	}
	res := Resolved{Policy: m.Policy, Elements: m.Elements}
	switch {
	case len(m.Causes) > 0:
		res = Resolved{Err: &RefusedError{Causes: m.Causes}}
	case len(m.Elements) == 0:
		res = Resolved{Err: ErrNoElements}
	case !m.Policy.Present():
		res.Policy = wire.Policy{Type: wire.RoundRobin}
	}
	e.answer(list[0], res)
}

func (e *Endpoint) answer(r *request, res Resolved) {
	e.dropRequest(r)
	res.Request = r.Request
	e.do(res)
}

func (e *Endpoint) dropRequest(r *request) {
	e.timers.stop(&r.t1)
	e.requests.Delete(r.Request)
	list := e.waiting[r.Handle]
	if i := slices.Index(list, r); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(e.waiting, r.Handle)
		return
	}
	e.waiting[r.Handle] = list
}
