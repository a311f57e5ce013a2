package node_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/transport/memory"
)

// An element that answers in time stays, also where the registrar did not run when
// its time was up, and reads the answer after that. One that does not is removed after
// the time of one answer more.
func TestStandstill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Registrar.KeepAliveTimeout = time.Minute
		a := start(t, c)
		settle()
		answers, never := dial(t, network, hostPE, at(hostA, asapPort)), dial(t, network, hostPE, at(hostA, asapPort))
		answers.register("EchoPool", 0x77)
		never.register("EchoPool", 0x78)
		for _, pe := range []script{answers, never} {
			if m, ok := pe.receive().(asap.EndpointKeepAlive); !ok {
				t.Fatalf("the registrar sends %+v, want a keep-alive", m)
			}
		}
		const span = 3 * time.Minute
		a.stall.Store(int64(span))
		dial(t, network, hostB, at(hostA, asapPort)).send(registration("EchoPool", 0x79, hostB))
		synctest.Wait()
		answers.send(asap.EndpointKeepAliveAck{Handle: "EchoPool", ID: 0x77})
		time.Sleep(span + c.Registrar.KeepAliveTimeout + time.Second)
		synctest.Wait()
		if got, want := a.updates("EchoPool", 0x77), []enrp.Action{enrp.AddPE}; !cmp.Equal(got, want) {
			t.Errorf("the one that answers: published are the updates %v, want %v", got, want)
		}
		if got, want := a.updates("EchoPool", 0x78), []enrp.Action{enrp.AddPE, enrp.DelPE}; !cmp.Equal(got, want) {
			t.Errorf("the one that does not: published are the updates %v, want %v", got, want)
		}
		if log := a.logged(); strings.Count(log, "registrar.stood_still") != 1 {
			t.Errorf("the log does not say once that the registrar stood still: %s", log)
		}
	})
}
