package endpoint

import (
	"math/rand/v2"
	"slices"
	"time"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// cached is a pool as the servers told it (RFC 5352 section 3.3 C1 to C4). It is
// forgotten when it is stale and nobody holds it.
type cached struct {
	handle wire.PoolHandle
	policy wire.Policy
	// elements are those of the latest answer, none before it.
	elements []wire.PoolElement
	choice   policy.Choice
	// bad are elements that have failed a moment ago: a server may list them until
	// it has found out for itself.
	bad map[wire.PEIdentifier]time.Time
	// items is what the latest answer was asked for: 0 is as many as the server
	// gives.
	items uint32
	// fresh: the answer is less than Config.StaleTimeout old, or updates follow it.
	fresh bool
	stale timer
	// holds counts those who need it also when it is stale.
	holds int
	watch watch
}

// backups is how many elements a session or message asks for: enough that some
// are left when the first ones fail (RFC 5356 section 5.1.3).
const backups = 32

// entry finds the pool in the cache, or makes room for it.
func (e *Endpoint) entry(handle wire.PoolHandle) *cached {
	if c, ok := e.cache.Get(handle); ok {
		return c
	}
	c := &cached{handle: handle}
	c.stale.fire = func() { e.outdate(c) }
	e.cache.Set(handle, c)
	return c
}

// hold keeps a pool in the cache until release.
func (e *Endpoint) hold(handle wire.PoolHandle) { e.entry(handle).holds++ }

func (e *Endpoint) release(handle wire.PoolHandle) {
	if c, ok := e.cache.Get(handle); ok {
		c.holds--
		e.forgetUnused(c)
	}
}

// forgetUnused drops a pool that nobody needs and that is stale.
func (e *Endpoint) forgetUnused(c *cached) {
	if c.holds <= 0 && !c.watch.on && !c.fresh {
		e.timers.stop(&c.stale)
		e.cache.Delete(c.handle)
	}
}

// purge empties a pool's entry.
func (e *Endpoint) purge(handle wire.PoolHandle) {
	c, ok := e.cache.Get(handle)
	if !ok {
		return
	}
	c.clear()
	if !c.watch.on { // its timer asks again
		e.timers.stop(&c.stale)
	}
	e.forgetUnused(c)
}

func (c *cached) clear() {
	c.fresh = false
	c.elements, c.choice, c.bad = nil, policy.Choice{}, nil
}

// outdate is the end of the stale time-out.
func (e *Endpoint) outdate(c *cached) {
	c.fresh = false
	if c.watch.on {
		e.askForWatch(c)
		return
	}
	e.forgetUnused(c)
}

// learn takes an answer into the cache. One that was asked for less does not
// replace what updates keep complete.
func (e *Endpoint) learn(c *cached, p wire.Policy, elements []wire.PoolElement, items uint32) {
	if c.watch.grantedBy == 0 || !c.fresh || covers(items, c.items) {
		c.policy, c.elements, c.items = p, elements, items
	}
	c.fresh = true
	c.choice = policy.NewChoice(c.policy.Type, c.elements)
	for i, pe := range c.elements {
		if c.hasFailed(e.now, e.cfg.StaleTimeout, pe.ID) {
			c.choice.Failed(i)
		}
	}
	if c.choice.Left() == 0 { // then each deserves another chance
		c.choice, c.bad = policy.NewChoice(c.policy.Type, c.elements), nil
	}
	if c.watch.grantedBy == 0 && (!c.watch.on || covers(items, 0)) { // a part does not put off that all is asked for
		e.timers.start(&c.stale, e.now.Add(e.cfg.StaleTimeout))
	}
}

// hasFailed reports whether an element has failed less than a moment ago.
func (c *cached) hasFailed(now time.Time, moment time.Duration, id wire.PEIdentifier) bool {
	at, bad := c.bad[id]
	if bad && now.Sub(at) >= moment {
		delete(c.bad, id)
		return false
	}
	return bad
}

// fail takes an element out of the choice until a server lists it a while later.
func (c *cached) fail(now time.Time, id wire.PEIdentifier) {
	i := c.index(id)
	if i < 0 {
		return
	}
	if c.bad == nil {
		c.bad = make(map[wire.PEIdentifier]time.Time)
	}
	c.bad[id] = now
	c.choice.Failed(i)
}

// covers reports whether an answer to a request for have elements serves one who
// wants want; 0 is all.
func covers(have, want uint32) bool { return have == 0 || want != 0 && have >= want }

func (c *cached) index(id wire.PEIdentifier) int {
	return slices.IndexFunc(c.elements, func(pe wire.PoolElement) bool { return pe.ID == id })
}

// element finds one of the pool, whether it has failed or not.
func (c *cached) element(id wire.PEIdentifier) (wire.PoolElement, bool) {
	if i := c.index(id); i >= 0 {
		return c.elements[i], true
	}
	return wire.PoolElement{}, false
}

// next is the element to use now by the pool's policy, of those that have not
// failed.
func (c *cached) next(random *rand.Rand) (wire.PoolElement, bool) {
	i, ok := c.choice.Next(random)
	if !ok {
		return wire.PoolElement{}, false
	}
	return c.elements[i], true
}

// list is what an application gets that asks for the pool: the one to use now,
// and behind it those for the case that it fails.
func (c *cached) list(random *rand.Rand, items uint32) []wire.PoolElement {
	first, ok := c.next(random)
	if !ok {
		return nil
	}
	out := []wire.PoolElement{first}
	start := c.index(first.ID)
	for k := 1; k < len(c.elements) && (items == 0 || len(out) < int(items)); k++ {
		pe := c.elements[(start+k)%len(c.elements)]
		if _, bad := c.bad[pe.ID]; !bad && pe.ID != first.ID {
			out = append(out, pe)
		}
	}
	return out
}

// lookup hands the pool to then: from the cache while it is fresh and not all of
// its elements have failed, else after a resolution, which all share that wait for
// it (RFC 5352 section 6.5.1). all: also elements beyond a few backups are needed.
// Where no server answers, what was known before is better than nothing.
func (e *Endpoint) lookup(handle wire.PoolHandle, all bool, then func(*cached, error)) {
	items := uint32(backups)
	if all {
		items = 0
	}
	if c, ok := e.cache.Get(handle); ok && c.fresh && covers(c.items, items) && c.choice.Left() > 0 {
		then(c, nil)
		return
	}
	e.inquire(handle, items, then)
}

// refresh is lookup without the cache.
func (e *Endpoint) refresh(handle wire.PoolHandle, then func(*cached, error)) {
	e.inquire(handle, backups, then)
}

func (e *Endpoint) inquire(handle wire.PoolHandle, items uint32, then func(*cached, error)) {
	e.request(Resolve{Handle: handle, Items: items}, false, func(res Resolved) {
		c, ok := e.cache.Get(handle)
		switch {
		case res.Err == nil && ok:
			then(c, nil)
		case ok && len(c.elements) > 0 && !isRefusal(res.Err):
			then(c, nil)
		default:
			then(nil, res.Err)
		}
	})
}
