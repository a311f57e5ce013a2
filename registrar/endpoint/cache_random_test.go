package endpoint_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// TestRandomCache asks, watches, reports and answers in any order. Each request
// is answered once, watches hear of changes only, a failure is reported once and
// only of what was handed out, and what nobody needs is forgotten.
func TestRandomCache(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := &cacheChecker{
			t: r, w: newWorld(t, 2), open: make(map[endpoint.RequestID]bool),
			watched: make(map[wire.PoolHandle]bool), told: make(map[wire.PoolHandle]string), used: make(map[string]bool),
		}
		c.step(endpoint.Start{})
		for range rapid.IntRange(1, 100).Draw(r, "events") {
			c.any()
		}
		for handle := range c.watched {
			c.step(endpoint.Unwatch{Handle: handle})
		}
		c.connect()
		for range 4 { // every request times out, then every entry
			c.advance(30 * time.Second)
		}
		if len(c.open) > 0 {
			r.Fatalf("requests without an answer: %v", c.open)
		}
		if n := endpoint.Cached(c.w.endpoint); n > 0 {
			r.Fatalf("%d pools are kept in the cache, nobody needs them", n)
		}
	})
}

type cacheChecker struct {
	t    *rapid.T
	w    *world
	last endpoint.RequestID
	open map[endpoint.RequestID]bool
	// home is the association to the home, up those that are.
	home    endpoint.AssociationID
	watched map[wire.PoolHandle]bool
	told    map[wire.PoolHandle]string
	used    map[string]bool
}

func (c *cacheChecker) any() {
	t := c.t
	pool := rapid.SampledFrom([]wire.PoolHandle{"A", "B"}).Draw(t, "pool")
	id := wire.PEIdentifier(rapid.Uint32Range(1, 3).Draw(t, "id"))
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1:
		c.last++
		c.open[c.last] = true
		c.step(endpoint.Resolve{
			Request: c.last, Handle: pool, Items: rapid.Uint32Range(0, 40).Draw(t, "items"), Fresh: rapid.Bool().Draw(t, "fresh"),
		})
	case 2:
		c.step(endpoint.Populate{Handle: pool})
	case 3:
		c.step(endpoint.Purge{Handle: pool})
	case 4:
		if c.watched[pool] {
			delete(c.watched, pool)
			c.step(endpoint.Unwatch{Handle: pool})
		} else {
			c.watched[pool] = true
			delete(c.told, pool)
			c.step(endpoint.Watch{Handle: pool})
		}
	case 5:
		c.step(endpoint.TransportFailure{Handle: pool, Element: id})
	case 6:
		c.advance(rapid.SampledFrom([]time.Duration{time.Second, 15 * time.Second, 31 * time.Second}).Draw(t, "time"))
	case 7:
		if c.home != 0 {
			delete(c.w.opened, c.home)
			c.step(endpoint.AssociationDown{Association: c.home, Reason: "lost"})
		}
		c.connect()
	default:
		c.answer(pool)
	}
}

// answer sends any answer, whether it was asked for or not.
func (c *cacheChecker) answer(pool wire.PoolHandle) {
	m := asap.HandleResolutionResponse{Handle: pool, Accepted: rapid.Bool().Draw(c.t, "accepted")}
	for _, id := range rapid.SliceOfNDistinct(rapid.Uint32Range(1, 3), 0, 3, rapid.ID[uint32]).Draw(c.t, "elements") {
		m.Elements = append(m.Elements, wire.PoolElement{
			ID: wire.PEIdentifier(id), Life: 60, Policy: wire.Policy{Type: wire.RoundRobin},
			UserTransport: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: ownAddrs[:1]},
		})
	}
	if len(m.Elements) == 0 && rapid.Bool().Draw(c.t, "negative") {
		m.Causes = []wire.Cause{{Code: wire.CauseUnknownPoolHandle}}
	}
	data, err := asap.Append(nil, m)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.home != 0 {
		c.step(endpoint.Received{Association: c.home, Data: data})
	}
}

// connect makes a dial succeed, if there is one.
func (c *cacheChecker) connect() {
	for n := 1; n <= 2; n++ {
		for id, to := range c.w.dials {
			if to == n {
				delete(c.w.dials, id)
				c.w.last++
				c.w.links[c.w.last], c.w.opened[c.w.last] = n, true
				c.step(endpoint.AssociationUp{Association: c.w.last, Dial: id, Remote: server(n), Local: ownAddrs})
				return
			}
		}
	}
}

func (c *cacheChecker) advance(d time.Duration) {
	end := c.w.now + d
	for {
		at, ok := c.w.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			break
		}
		c.w.now = max(c.w.now, at.Sub(epoch))
		c.step(endpoint.Tick{})
	}
	c.w.now = end
}

func (c *cacheChecker) step(ev endpoint.Event) {
	for _, effect := range c.w.step(ev) {
		switch f := effect.(type) {
		case endpoint.HomeChanged:
			c.home = f.Association
		case endpoint.Resolved:
			if !c.open[f.Request] {
				c.t.Fatalf("request %d is answered, it is not open", f.Request)
			}
			delete(c.open, f.Request)
			if (f.Err == nil) != (len(f.Elements) > 0) {
				c.t.Fatalf("request %d: %d elements, error %v", f.Request, len(f.Elements), f.Err)
			}
			for _, pe := range f.Elements {
				c.used[fmt.Sprint("A", pe.ID)], c.used[fmt.Sprint("B", pe.ID)] = true, true // Resolved names no pool
			}
		case endpoint.PoolChanged:
			c.changed(f)
		case endpoint.Send:
			c.sent(f)
		}
	}
}

func (c *cacheChecker) changed(f endpoint.PoolChanged) {
	ids := make([]string, len(f.Elements))
	for i, pe := range f.Elements {
		ids[i] = pe.ID.String()
	}
	slices.Sort(ids)
	refused, _ := errors.AsType[*endpoint.RefusedError](f.Err)
	now := fmt.Sprint(ids, f.Err != nil, refused != nil)
	if before, told := c.told[f.Handle]; !c.watched[f.Handle] || told && before == now {
		c.t.Fatalf("pool %s changed to %s, told before %q, watched %v", f.Handle, now, before, c.watched[f.Handle])
	}
	c.told[f.Handle] = now
}

func (c *cacheChecker) sent(f endpoint.Send) {
	d, err := asap.Parse(f.Data)
	if err != nil || f.Association != c.home {
		c.t.Fatalf("%x sent to association %d, home is %d: %v", f.Data, f.Association, c.home, err)
	}
	m, ok := d.Message.(asap.EndpointUnreachable)
	if !ok {
		return
	}
	key := fmt.Sprint(m.Handle, m.ID)
	if !c.used[key] {
		c.t.Fatalf("%v of %s is reported, it was not handed out since", m.ID, m.Handle)
	}
	delete(c.used, key)
}
