package endpoint_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// TestRandom does anything in any order. Whatever comes, no more than three
// associations are open or opening (ASAP-6.6-03, INC-15), what is sent goes to
// associations that are up, and every request and element ends once.
func TestRandom(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		servers := rapid.IntRange(1, 6).Draw(r, "servers")
		w := newWorld(t, servers)
		c := &checker{t: r, up: make(map[endpoint.AssociationID]bool), elements: make(map[endpoint.ElementID]bool), requests: make(map[endpoint.RequestID]bool)}
		c.check(w.step(endpoint.Start{}))
		for range rapid.IntRange(1, 80).Draw(r, "events") {
			before := w.last
			c.any(w)
			for id := before + 1; id <= w.last; id++ {
				c.up[id] = true
			}
			if w.parallel > endpoint.MaxParallel {
				r.Fatalf("%d associations open or opening", w.parallel)
			}
		}
	})
}

type checker struct {
	t        *rapid.T
	up       map[endpoint.AssociationID]bool
	elements map[endpoint.ElementID]bool
	requests map[endpoint.RequestID]bool
}

// any makes one event happen.
func (c *checker) any(w *world) {
	t := c.t
	id := rapid.Uint64Range(1, 4).Draw(t, "id")
	pool := rapid.SampledFrom([]wire.PoolHandle{"A", "B"}).Draw(t, "pool")
	switch what := rapid.IntRange(0, 10).Draw(t, "what"); what {
	case 0, 1, 2:
		c.advance(w, rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 15 * time.Second, time.Minute}).Draw(t, "time"))
	case 3, 4:
		if len(w.dials) > 0 {
			dial := slices.Min(slices.Collect(maps.Keys(w.dials)))
			n := w.dials[dial]
			delete(w.dials, dial)
			if rapid.Bool().Draw(t, "connects") {
				w.last++
				w.links[w.last], w.opened[w.last], c.up[w.last] = n, true, true
				c.check(w.step(endpoint.AssociationUp{Association: w.last, Dial: dial, Remote: server(n), Local: ownAddrs}))
			} else {
				c.check(w.step(endpoint.DialFailed{Dial: dial, Reason: "refused"}))
			}
		}
	case 5:
		w.last++
		n := rapid.IntRange(1, 9).Draw(t, "server")
		w.links[w.last], c.up[w.last] = n, true
		c.check(w.step(endpoint.AssociationUp{Association: w.last, Remote: server(n), Local: ownAddrs}))
	case 6:
		a := endpoint.AssociationID(rapid.Uint64Range(0, uint64(w.last)).Draw(t, "association"))
		delete(w.opened, a)
		delete(c.up, a)
		c.check(w.step(endpoint.AssociationDown{Association: a, Reason: "lost"}))
	case 7:
		if e := endpoint.ElementID(id); !c.elements[e] {
			c.elements[e] = true
			c.check(w.step(endpoint.Register{Element: e, Spec: endpoint.Spec{
				Handle: pool, ID: wire.PEIdentifier(rapid.Uint32Range(0, 3).Draw(t, "PE")), Life: 60,
				Policy: wire.Policy{Type: wire.LeastUsed}, Persist: rapid.Bool().Draw(t, "persist"), StayOut: rapid.Bool().Draw(t, "out"),
				User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
			}}))
		}
	case 8:
		c.application(w, id, pool)
	default:
		a := endpoint.AssociationID(rapid.Uint64Range(0, uint64(w.last)).Draw(t, "association"))
		c.check(w.step(endpoint.Received{Association: a, Data: c.message(pool)}))
	}
}

func (c *checker) application(w *world, id uint64, pool wire.PoolHandle) {
	e, q := endpoint.ElementID(id), endpoint.RequestID(id)
	switch rapid.IntRange(0, 4).Draw(c.t, "call") {
	case 0:
		c.check(w.step(endpoint.SetPolicy{Element: e, Policy: wire.Policy{Type: wire.LeastUsed, Load: rapid.Uint32().Draw(c.t, "load")}}))
	case 1:
		c.check(w.step(endpoint.Deregister{Element: e}))
	case 2:
		delete(c.elements, e)
		c.check(w.step(endpoint.Forget{Element: e}))
	case 3:
		if !c.requests[q] {
			c.requests[q] = true
			c.check(w.step(endpoint.Resolve{Request: q, Handle: pool}))
		}
	case 4:
		delete(c.requests, q)
		c.check(w.step(endpoint.Cancel{Request: q}))
	}
}

func (c *checker) message(pool wire.PoolHandle) []byte {
	t := c.t
	id := wire.PEIdentifier(rapid.Uint32Range(0, 3).Draw(t, "PE"))
	flag := rapid.Bool().Draw(t, "flag")
	var causes []wire.Cause
	if rapid.Bool().Draw(t, "error") {
		causes = []wire.Cause{{Code: wire.CauseCode(rapid.Uint16Range(0, 12).Draw(t, "cause"))}}
	}
	messages := []asap.Message{
		asap.RegistrationResponse{Reject: flag, Handle: pool, ID: id, Causes: causes},
		asap.DeregistrationResponse{Handle: pool, ID: id, Causes: causes},
		asap.HandleResolutionResponse{Handle: pool, Causes: causes},
		asap.EndpointKeepAlive{Home: flag, Server: wire.ServerID(id), Handle: pool, ID: id},
		asap.Error{Causes: []wire.Cause{{Code: wire.CauseInvalidValues}}},
	}
	b, err := asap.Append(nil, rapid.SampledFrom(messages).Draw(t, "message"))
	if err != nil {
		t.Fatal(err)
	}
	if rapid.IntRange(0, 9).Draw(t, "garble") == 0 {
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
	}
	return b
}

// advance is world.advance with a check of every Tick.
func (c *checker) advance(w *world, by time.Duration) {
	end := w.now + by
	for {
		at, ok := w.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			break
		}
		w.now = max(w.now, at.Sub(epoch))
		c.check(w.step(endpoint.Tick{}))
		if again, ok := w.endpoint.Deadline(); ok && !again.After(epoch.Add(w.now)) {
			c.t.Fatalf("Tick at %v leaves a deadline at %v", w.now, again.Sub(epoch))
		}
	}
	w.now = end
}

func (c *checker) check(effects []endpoint.Effect) {
	for _, f := range effects {
		switch f := f.(type) {
		case endpoint.Send:
			if !c.up[f.Association] {
				c.t.Fatalf("sends over association %d, which is down", f.Association)
			}
		case endpoint.Disconnect:
			if !c.up[f.Association] {
				c.t.Fatalf("ends association %d, which is down", f.Association)
			}
			delete(c.up, f.Association)
		case endpoint.Reported:
			if !c.elements[f.Element] {
				c.t.Fatalf("reports %v of element %d, which has ended", f.Kind, f.Element)
			}
			if f.Kind == endpoint.Refused || f.Kind == endpoint.Failed || f.Kind == endpoint.Deregistered {
				delete(c.elements, f.Element)
			}
		case endpoint.Resolved:
			if !c.requests[f.Request] {
				c.t.Fatalf("answers request %d twice", f.Request)
			}
			delete(c.requests, f.Request)
		}
	}
}
