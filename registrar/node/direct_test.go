package node_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
	"rserpool/registrar/wire"
)

// Over an association that hands on by itself all is as over others, also while it
// has no room: what waits keeps its order, and what has room again comes behind it.
func TestDirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		var full atomic.Bool
		c.Transport = transporttest.Direct(c.Transport, full.Load)
		a := start(t, c)
		settle()
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		want := make([]wire.PEIdentifier, 0, 300)
		for id := range wire.PEIdentifier(300) {
			full.Store(id/100 == 1)
			pe.send(registration("EchoPool", id+1, hostPE))
			want = append(want, id+1)
		}
		got := make([]wire.PEIdentifier, 0, len(want))
		for range want {
			m, ok := pe.receive().(asap.RegistrationResponse)
			if !ok || m.Reject {
				t.Fatalf("answer %+v, want acceptance", m)
			}
			got = append(got, m.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("answers are out of order: %v", got)
		}
		pe.Abort("gone")
		synctest.Wait()
		if m, err := a.Measures(t.Context()); err != nil || m.Counters.Associations != 0 || m.Counters.Registrations != 300 {
			t.Errorf("%d associations, %d registrations, error %v, want none and 300", m.Counters.Associations, m.Counters.Registrations, err)
		}
	})
}

// The end waits for what has no room yet.
func TestDirectStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Transport = transporttest.Direct(c.Transport, func() bool { return true })
		a := start(t, c)
		settle()
		pu := dial(t, network, hostPU, at(hostA, asapPort))
		pu.send(asap.HandleResolution{Handle: "EchoPool"})
		synctest.Wait()
		if err := a.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if m, ok := pu.receive().(asap.HandleResolutionResponse); !ok || len(m.Causes) != 1 {
			t.Errorf("answer %+v, want that the pool is unknown", m)
		}
	})
}
