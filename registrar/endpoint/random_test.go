package endpoint_test

import (
	"maps"
	"net/netip"
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
// associations that are up, requests to the only home (ASAP-5.4-05, ASAP-6.6-07),
// every request and element ends once, and a home is found as soon as there is one.
func TestRandom(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		announcements := rapid.Bool().Draw(r, "announcements")
		w := newWorld(t, rapid.IntRange(0, 6).Filter(func(n int) bool { return n > 0 || announcements }).Draw(r, "servers"), func(cfg *endpoint.Config) {
			cfg.Announcements = announcements
		})
		c := &checker{t: r, rules: newRules(r)}
		c.check(w, w.step(endpoint.Start{}))
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
		c.settleDown(w)
	})
}

// checker makes things happen by chance.
type checker struct {
	t *rapid.T
	rules
}

// rules are what must hold whatever happens.
type rules struct {
	t        rapid.TB
	home     endpoint.AssociationID
	up       map[endpoint.AssociationID]bool
	elements map[endpoint.ElementID]bool
	requests map[endpoint.RequestID]bool
}

func newRules(t rapid.TB) rules {
	return rules{
		t: t, up: make(map[endpoint.AssociationID]bool),
		elements: make(map[endpoint.ElementID]bool), requests: make(map[endpoint.RequestID]bool),
	}
}

// any makes one event happen.
func (c *checker) any(w *world) {
	t := c.t
	id := rapid.Uint64Range(1, 4).Draw(t, "id")
	pool := rapid.SampledFrom([]wire.PoolHandle{"A", "B"}).Draw(t, "pool")
	switch what := rapid.IntRange(0, 11).Draw(t, "what"); what {
	case 0, 1, 2:
		c.advance(w, rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 15 * time.Second, time.Minute}).Draw(t, "time"))
	case 3, 4:
		if len(w.dials) > 0 {
			c.connect(w, rapid.Bool().Draw(t, "connects"))
		}
	case 5:
		w.last++
		n := rapid.IntRange(1, 9).Draw(t, "server")
		w.links[w.last], c.up[w.last] = n, true
		c.check(w, w.step(endpoint.AssociationUp{Association: w.last, Remote: server(n), Local: ownAddrs}))
	case 6:
		a := endpoint.AssociationID(rapid.Uint64Range(0, uint64(w.last)).Draw(t, "association"))
		delete(w.opened, a)
		delete(c.up, a)
		c.check(w, w.step(endpoint.AssociationDown{Association: a, Reason: "lost"}))
	case 7:
		if e := endpoint.ElementID(id); !c.elements[e] {
			c.elements[e] = true
			c.check(w, w.step(endpoint.Register{Element: e, Spec: endpoint.Spec{
				Handle: pool, ID: wire.PEIdentifier(rapid.Uint32Range(0, 3).Draw(t, "PE")), Life: 60,
				Policy: wire.Policy{Type: wire.LeastUsed}, Persist: rapid.Bool().Draw(t, "persist"), StayOut: rapid.Bool().Draw(t, "out"),
				User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
			}}))
		}
	case 8:
		c.application(w, id, pool)
	case 9:
		c.announce(w)
	default:
		a := endpoint.AssociationID(rapid.Uint64Range(0, uint64(w.last)).Draw(t, "association"))
		c.check(w, w.step(endpoint.Received{Association: a, Data: c.message(pool)}))
	}
}

// announce lets one server announce itself, or many that do not exist.
func (c *checker) announce(w *world) {
	n := 1
	if rapid.IntRange(0, 3).Draw(c.t, "flood") == 0 {
		n = 2 * endpoint.MaxAnnounced
	}
	for i := range n {
		from := server(rapid.IntRange(1, 9).Draw(c.t, "server")).Addrs[0]
		if n > 1 {
			from = netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		}
		c.check(w, w.step(endpoint.Announced{From: netip.AddrPortFrom(from, 32768), Data: w.announcement("")}))
	}
}

// settleDown lets every server be reached: a hunt must end within a round of a
// server's announcement.
func (c *checker) settleDown(w *world) {
	c.check(w, w.step(endpoint.Announced{From: netip.AddrPortFrom(server(1).Addrs[0], 32768), Data: w.announcement("")}))
	for range 2 {
		for c.home == 0 && len(w.dials) > 0 {
			c.connect(w, true)
		}
		if c.home != 0 {
			return
		}
		c.advance(w, time.Minute)
		c.check(w, w.step(endpoint.Announced{From: netip.AddrPortFrom(server(1).Addrs[0], 32768), Data: w.announcement("")}))
	}
	c.t.Fatal("no home, though every server answers")
}

// connect ends the oldest attempt.
func (c *checker) connect(w *world, connects bool) {
	dial := slices.Min(slices.Collect(maps.Keys(w.dials)))
	n := w.dials[dial]
	delete(w.dials, dial)
	if !connects {
		c.check(w, w.step(endpoint.DialFailed{Dial: dial, Reason: "refused"}))
		return
	}
	w.last++
	w.links[w.last], w.opened[w.last], c.up[w.last] = n, true, true
	c.check(w, w.step(endpoint.AssociationUp{Association: w.last, Dial: dial, Remote: server(n), Local: ownAddrs}))
}

func (c *checker) application(w *world, id uint64, pool wire.PoolHandle) {
	e, q := endpoint.ElementID(id), endpoint.RequestID(id)
	switch rapid.IntRange(0, 4).Draw(c.t, "call") {
	case 0:
		c.check(w, w.step(endpoint.SetPolicy{Element: e, Policy: wire.Policy{Type: wire.LeastUsed, Load: rapid.Uint32().Draw(c.t, "load")}}))
	case 1:
		c.check(w, w.step(endpoint.Deregister{Element: e}))
	case 2:
		delete(c.elements, e)
		c.check(w, w.step(endpoint.Forget{Element: e}))
	case 3:
		if !c.requests[q] {
			c.requests[q] = true
			c.check(w, w.step(endpoint.Resolve{Request: q, Handle: pool}))
		}
	case 4:
		delete(c.requests, q)
		c.check(w, w.step(endpoint.Cancel{Request: q}))
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
func (c *rules) advance(w *world, by time.Duration) {
	end := w.now + by
	for {
		at, ok := w.endpoint.Deadline()
		if !ok || at.Sub(epoch) > end {
			break
		}
		w.now = max(w.now, at.Sub(epoch))
		c.check(w, w.step(endpoint.Tick{}))
		if again, ok := w.endpoint.Deadline(); ok && !again.After(epoch.Add(w.now)) {
			c.t.Fatalf("Tick at %v leaves a deadline at %v", w.now, again.Sub(epoch))
		}
	}
	w.now = end
}

func (c *rules) check(w *world, effects []endpoint.Effect) {
	if err := endpoint.Verify(w.endpoint); err != nil {
		c.t.Fatal(err)
	}
	for _, f := range effects {
		switch f := f.(type) {
		case endpoint.Send:
			if !c.up[f.Association] {
				c.t.Fatalf("sends over association %d, which is down", f.Association)
			}
			switch asap.MessageType(f.Data[0]) {
			case asap.TypeRegistration, asap.TypeDeregistration, asap.TypeHandleResolution:
				if f.Association != c.home {
					c.t.Fatalf("sends a request over association %d, the home is %d", f.Association, c.home)
				}
			}
		case endpoint.HomeChanged:
			if c.home = f.Association; c.home != 0 && !c.up[c.home] {
				c.t.Fatalf("association %d is the home, and down", c.home)
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
