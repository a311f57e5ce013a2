package node_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"rserpool/registrar"
	"rserpool/registrar/node"
	"rserpool/registrar/transport/memory"
)

// An operator's wishes about peers have their outcomes when those are known.
func TestAskPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		a := start(t, config(network, idA, hostA))
		b := start(t, config(network, idB, hostB, hostA))
		settle()
		dial(t, network, hostPE, at(hostB, asapPort)).register("EchoPool", 0x77)
		synctest.Wait()
		probe, err := a.ProbePeer(t.Context(), idB)
		if err != nil || probe.Outcome != registrar.AskDone || probe.Text != "PRESENCE received" {
			t.Errorf("probe: %+v, %v", probe, err)
		}
		resync, err := a.ResyncPeer(t.Context(), idB)
		if err != nil || resync.Outcome != registrar.AskDone || resync.Text != "1 element, the same as here" {
			t.Errorf("resync: %+v, %v", resync, err)
		}
		if nobody, err := a.ProbePeer(t.Context(), 0x99); err != nil || nobody.Outcome != registrar.AskUnknown {
			t.Errorf("probe of nobody: %+v, %v", nobody, err)
		}
		if err := b.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.ProbePeer(t.Context(), idA); !errors.Is(err, node.ErrStopped) {
			t.Errorf("a stopped node answers %v, want ErrStopped", err)
		}
	})
}
