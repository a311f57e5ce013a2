package node_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/transport/memory"
)

func TestMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		settle()
		users := []script{dial(t, network, hostPU, at(hostA, asapPort)), dial(t, network, hostPU, at(hostA, asapPort))}
		before, err := a.Measures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const stall = 700 * time.Millisecond
		<-time.After(2 * time.Second) // counters are published in the next turn
		a.stall.Store(int64(stall))
		for _, pu := range users { // behind the turn of the first the node stands still, and the second waits
			pu.send(asap.HandleResolution{Handle: "EchoPool"})
			synctest.Wait()
		}
		for _, pu := range users {
			pu.receive()
		}
		<-time.After(2 * time.Second)
		got, err := a.Measures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := got.Tally.UnknownPools; n != 2 || got.Counters.Unresolved != 2 {
			t.Errorf("%d unknown pools in %d resolutions, want 2 in 2", n, got.Counters.Unresolved)
		}
		if n := got.Steps.Count() - before.Steps.Count(); n < 2 {
			t.Errorf("%d steps timed, want 2 or more", n)
		}
		if n, took := got.Resolutions.Count(), got.Resolutions.Sum(); n != 2 || took != stall {
			t.Errorf("%d resolutions took %v, want 2 in %v", n, took, stall)
		}
		if n := got.Tally.Associations[registrar.ASAP]; n != 2 {
			t.Errorf("%d associations, want 2", n)
		}
	})
}

// Whoever cannot get an answer in time hears that, and the end of the node is no end
// of what it has counted.
func TestMeasuresInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		settle()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a.stall.Store(int64(time.Second))
		dial(t, network, hostPU, at(hostA, asapPort)).send(asap.HandleResolution{Handle: "EchoPool"})
		synctest.Wait()
		var err error
		for range 300 { // until the inbox is full
			if _, err = a.Measures(ctx); err == nil {
				t.Fatal("an answer from a node that stands still")
			}
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
		if err := a.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if m, err := a.Measures(t.Context()); err != nil || m.Tally.UnknownPools != 1 {
			t.Errorf("after the end: %d unknown pools, error %v, want 1", m.Tally.UnknownPools, err)
		}
	})
}
