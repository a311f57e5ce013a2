package endpoint

import (
	"cmp"
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// watch is an application's wish to hear of every change of a pool.
type watch struct {
	on bool
	// grantedBy is the association to the home that sends updates, 0 where it does
	// not: then the pool is asked for again whenever it is stale (RFC 5352 section
	// 2.2.6).
	grantedBy AssociationID
	// told: the application knows what print says.
	told  bool
	print string
}

func (e *Endpoint) watch(ev Watch) {
	c := e.entry(ev.Handle)
	if c.watch.on {
		return
	}
	c.watch = watch{on: true}
	e.askForWatch(c)
}

func (e *Endpoint) unwatch(ev Unwatch) {
	if c, ok := e.cache.Get(ev.Handle); ok && c.watch.on {
		c.watch = watch{}
		if c.fresh { // nobody keeps it so any more
			e.timers.start(&c.stale, e.now.Add(e.cfg.StaleTimeout))
		}
		e.forgetUnused(c)
	}
}

// askForWatch asks for the pool and for updates, also when it was asked for
// already without that.
func (e *Endpoint) askForWatch(c *cached) {
	if slices.ContainsFunc(e.waiting[c.handle], func(r *request) bool { return r.subscribe }) {
		return
	}
	e.request(Resolve{Handle: c.handle}, true, func(res Resolved) {
		if res.Err != nil && c.watch.on {
			e.changed(c, wire.Policy{}, nil, res.Err)
			e.timers.start(&c.stale, e.now.Add(e.cfg.StaleTimeout))
		}
	})
}

// updated takes what a server says of a pool that is watched.
func (e *Endpoint) updated(c *cached, from AssociationID, m asap.HandleResolutionResponse) {
	res := resolved(m)
	c.watch.grantedBy = 0
	if m.Accepted && res.Err == nil && from == e.home {
		c.watch.grantedBy = from
		e.timers.stop(&c.stale)
	} else if !c.stale.running() {
		e.timers.start(&c.stale, e.now.Add(e.cfg.StaleTimeout))
	}
	e.changed(c, res.Policy, res.Elements, res.Err)
}

// changed tells the application, unless it knows.
func (e *Endpoint) changed(c *cached, p wire.Policy, elements []wire.PoolElement, err error) {
	now := fingerprint(p, elements)
	switch {
	case isRefusal(err):
		now = err.Error()
	case err != nil: // each try may tell another reason
		now = "not to be had"
	}
	if c.watch.told && c.watch.print == now {
		return
	}
	c.watch.told, c.watch.print = true, now
	e.do(PoolChanged{Handle: c.handle, Policy: p, Elements: elements, Err: err})
}

// fingerprint is the same for the same elements in any order, empty for none.
func fingerprint(p wire.Policy, elements []wire.PoolElement) string {
	if len(elements) == 0 {
		return ""
	}
	sorted := slices.Clone(elements)
	slices.SortFunc(sorted, func(a, b wire.PoolElement) int { return cmp.Compare(a.ID, b.ID) })
	b := p.TLV()
	for _, pe := range sorted {
		b = append(b, pe.TLV()...)
	}
	return string(b)
}

// endSubscriptions: the home that sent updates is the home no longer.
func (e *Endpoint) endSubscriptions() {
	for _, c := range e.cache.Values() {
		if c.watch.grantedBy != 0 {
			c.watch.grantedBy = 0
			e.timers.start(&c.stale, e.now.Add(e.cfg.StaleTimeout))
		}
	}
}

// renewSubscriptions asks a new home for updates (RFC 5352 section 2.2.5).
func (e *Endpoint) renewSubscriptions() {
	for _, c := range e.cache.Values() {
		if c.watch.on && c.watch.grantedBy == 0 {
			e.askForWatch(c)
		}
	}
}
