package endpoint_test

import (
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// ASAP-5.4-03: after a keep-alive has moved the home, each of many elements is
// registered there within T2, once, in their order and without a burst; then T4.
func TestMoveOfMany(t *testing.T) {
	const elements = 10_000
	c := newCrowd(t, elements)
	start := c.now
	c.move(t)
	perSecond := make(map[int]int)
	last := wire.PEIdentifier(0)
	for {
		at, ok := c.endpoint.Deadline()
		if !ok || at.After(start.Add(time.Minute)) {
			break
		}
		c.now = at
		for _, f := range c.endpoint.Step(at, endpoint.Tick{}) {
			f, ok := f.(endpoint.Send)
			if !ok {
				continue
			}
			d, err := asap.Parse(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			m, ok := d.Message.(asap.Registration)
			if !ok {
				continue
			}
			if f.Association != c.home || m.Element.ID != last+1 {
				t.Fatalf("at %v: REGISTRATION of %d over association %d, want %d over %d", at.Sub(start), m.Element.ID, f.Association, last+1, c.home)
			}
			last = m.Element.ID
			perSecond[int(at.Sub(start)/time.Second)]++
			c.respond(last)
		}
	}
	if last != elements {
		t.Errorf("%d of %d elements were confirmed", last, elements)
	}
	for second, n := range perSecond {
		if n > elements/30+1 || second > 30 {
			t.Errorf("%d REGISTRATIONS in second %d, want at most %d a second, for 30 s", n, second, elements/30+1)
		}
	}
}

// ASAP-5.4-07: a keep-alive for all elements that comes too soon costs one timer, not
// one for each of them, and each answers it a second later.
func TestKeepAliveOfPool(t *testing.T) {
	const elements = 1000
	c := newCrowd(t, elements)
	data := encode(asap.EndpointKeepAlive{Server: 1, Handle: "EchoPool"})
	acks := func(ev endpoint.Event) (n int) {
		for _, f := range c.endpoint.Step(c.now, ev) {
			if _, ok := f.(endpoint.Send); ok {
				n++
			}
		}
		return n
	}
	if got := acks(endpoint.Received{Association: c.home, Data: data}); got != elements {
		t.Errorf("%d elements acknowledge, want %d", got, elements)
	}
	before := endpoint.Timers(c.endpoint)
	for range 10 {
		if got := acks(endpoint.Received{Association: c.home, Data: data}); got != 0 {
			t.Errorf("%d elements acknowledge a second time at once", got)
		}
	}
	if got := endpoint.Timers(c.endpoint) - before; got != 1 {
		t.Errorf("a flood starts %d timers, want 1", got)
	}
	c.now = c.now.Add(endpoint.DefaultConfig().AckInterval)
	if got := acks(endpoint.Tick{}); got != elements {
		t.Errorf("%d elements acknowledge after the interval, want %d", got, elements)
	}
}

// ASAP-5.2-05: an element that is out of its pool goes on serving: nothing is closed.
func TestDeregisteredGoesOnServing(t *testing.T) {
	w := newWorld(t, 1)
	w.step(endpoint.Start{})
	w.up(1)
	reg := wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Use: wire.DataAndControl}
	w.step(endpoint.Register{Element: 1, Spec: endpoint.Spec{Handle: "EchoPool", ID: 7, Life: 300, User: reg}})
	receive := func(m asap.Message) []endpoint.Effect {
		return w.endpoint.Step(epoch.Add(w.now), endpoint.Received{Association: w.link(1), Data: w.encode(m)})
	}
	receive(asap.RegistrationResponse{Handle: "EchoPool", ID: 7})
	w.endpoint.Step(epoch, endpoint.ChannelUp{Channel: 1, Element: 1, Control: true})
	effects := w.endpoint.Step(epoch, endpoint.Deregister{Element: 1})
	effects = append(effects, receive(asap.DeregistrationResponse{Handle: "EchoPool", ID: 7})...)
	out := false
	for _, f := range effects {
		switch f := f.(type) {
		case endpoint.CloseChannel, endpoint.Disconnect:
			t.Errorf("de-registration closes something: %#v", f)
		case endpoint.Reported:
			out = f.Kind == endpoint.Deregistered && f.Err == nil
		}
	}
	if !out {
		t.Error("the element is not reported as de-registered")
	}
}
