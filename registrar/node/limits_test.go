package node_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// reached gives the limits that were, by name, and the texts of the events about them.
func (r *running) reached(t *testing.T) (hits map[string]uint64, told []string) {
	t.Helper()
	m, err := r.Measures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hits = map[string]uint64{}
	for _, l := range m.Limits {
		if l.Hits > 0 {
			hits[l.Name] = l.Hits
		}
	}
	for _, m := range r.published() {
		if e, ok := m.(feed.Event); ok && e.Name == "limit.reached" {
			told = append(told, e.Text)
		}
	}
	return hits, told
}

// SEC-27: whom the transport has no room for is counted and told of, though not one by
// one, and those who are in are served.
func TestTransportLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.MaxHalfOpen, c.Registrar.Limits.Associations, c.Registrar.KeepAliveInterval = 7, 1, 0
		l := &listening{Transport: c.Transport}
		c.Transport = l
		a := start(t, c)
		settle()
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 1)
		other, err := network.Transport(hostPU).Listen(transport.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		for range 3 {
			a, err := other.Dial(t.Context(), at(hostA, asapPort))
			if err != nil {
				t.Fatal(err)
			}
			<-a.Done() // the registrar looks who might give way: nobody
			if !errors.Is(a.Err(), transport.ErrAborted) {
				t.Errorf("a second association ends with %v, want it aborted", a.Err())
			}
		}
		l.full[0](false) // with more than might give way
		var callers sync.WaitGroup
		for i := range 1000 {
			callers.Go(func() { l.full[i%2](true) })
		}
		callers.Wait()
		synctest.Wait()
		hits, told := a.reached(t)
		if hits["max_associations"] != 4 || hits["max_half_open"] != 1000 || len(hits) != 2 {
			t.Errorf("hits %v, want 4 of max_associations and 1000 of max_half_open", hits)
		}
		if len(told) != 3 || told[1] != "max_associations is 1: so many are open at asap; --max-associations moves it" ||
			!strings.HasPrefix(told[2], "max_half_open is 7: ") || !strings.HasSuffix(told[2], "--max-half-open moves it") {
			t.Errorf("told %q, want one of each", told)
		}
		<-time.After(10 * time.Second) // virtual time
		l.full[0](true)
		synctest.Wait()
		if _, told := a.reached(t); len(told) != 4 {
			t.Errorf("after ten seconds told %q, want one more", told)
		}
		pe.register("EchoPool", 2)
	})
}

// SEC-27: a registrar that says more in a second than it may is heard later, and loses
// nothing; others are heard at once, and it does not seem dead.
func TestRegistrarInAHurry(t *testing.T) {
	bothWays(t, func(t *testing.T, over func(transport.Transport) transport.Transport) {
		synctest.Test(t, func(t *testing.T) {
			network := memory.NewNetwork()
			c := config(network, idA, hostA)
			c.MaxMessages = 20
			c.Transport = over(c.Transport)
			a := start(t, c)
			settle()
			b := dial(t, network, hostB, at(hostA, enrpPort))
			const updates = 2000 // for 100 s, longer than MAX-TIME-LAST-HEARD
			go func() {
				for id := wire.PEIdentifier(1); id <= updates; id++ {
					e := registration("EchoPool", id, hostPE).Element
					e.HomeServer = idB
					e.ASAPTransport = e.UserTransport
					data, err := enrp.Append(nil, enrp.HandleUpdate{IDs: enrp.IDs{Sender: idB}, Handle: "EchoPool", Element: e})
					if err == nil {
						err = b.Send(context.Background(), transport.Message{PPID: transport.PPIDENRP, Data: data})
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			}()
			pe := dial(t, network, hostPE, at(hostA, asapPort))
			for id := wire.PEIdentifier(1); id <= 200; id++ { // as many as it likes
				pe.register("Other", id)
			}
			before, _ := a.Measures(t.Context())
			if n := before.Counters.UpdatesIn; n > 2*20 {
				t.Errorf("%d updates heard at once, want 20 or so", n)
			}
			<-time.After(110 * time.Second) // virtual time
			after, _ := a.Measures(t.Context())
			if n := after.Counters.UpdatesIn; n != updates {
				t.Errorf("%d updates heard in the end, want all %d", n, updates)
			}
			if events := a.events(); slices.Contains(events, "peer.dead") || slices.Contains(events, "peer.suspect") {
				t.Error("the registrar that says so much seems to be dead")
			}
			if hits, told := a.reached(t); hits["max_messages_per_second"] < 90 || len(hits) != 1 || len(told) < 8 || len(told) > 12 {
				t.Errorf("hits %v, told %d times, want a hit each second, and to be told every ten", hits, len(told))
			}
		})
	})
}

// As many messages as come are read unless the operator wants less: a registrar has
// much to say at once.
func TestNoHurryByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := start(t, config(memory.NewNetwork(), idA, hostA))
		settle()
		m, err := a.Measures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range m.Limits {
			if l.Name == "max_messages_per_second" && !l.Off {
				t.Errorf("%+v, want it off", l)
			}
			if l.Name == "max_half_open" && l.Limit != transport.DefaultMaxHalfOpen {
				t.Errorf("%+v, want the default of %d", l, transport.DefaultMaxHalfOpen)
			}
		}
	})
}

// A limit is told of again where the node had no time for it.
func TestLimitWhileBusy(t *testing.T) {
	if told := node.Reach(2*node.HeardLimit, 3); told != 0 {
		t.Errorf("told %d times, want none while too much waits", told)
	}
	if told := node.Reach(0, 3); told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}
