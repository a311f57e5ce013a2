package node_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// Who asks without waiting for answers may do so, as long as it reads them: it is not
// read from while too many wait for it.
func TestAsksAhead(t *testing.T) { bothWays(t, testAsksAhead) }

func testAsksAhead(t *testing.T, over func(transport.Transport) transport.Transport) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Transport = over(c.Transport)
		a := start(t, c)
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		for id := wire.PEIdentifier(1); id <= 200; id++ {
			pe.register("EchoPool", id)
		}
		const questions = 1000 // whose answers are 8 MB
		pu := dial(t, network, hostPU, at(hostA, asapPort))
		question := encode(t, asap.HandleResolution{Handle: "EchoPool"})
		sent := make(chan error, 1)
		go func() {
			var err error
			for range questions {
				if err = pu.Send(context.Background(), transport.Message{PPID: transport.PPIDASAP, Data: question}); err != nil {
					break
				}
			}
			sent <- err
		}()
		for i := range questions {
			time.Sleep(time.Millisecond)
			if m, ok := pu.receive().(asap.HandleResolutionResponse); !ok || len(m.Elements) != 200 {
				t.Fatalf("answer %d is %T, want 200 elements", i+1, m)
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if m, err := a.Measures(t.Context()); err != nil || m.Counters.Resolutions != questions {
			t.Errorf("%d resolutions counted, error %v, want %d", m.Counters.Resolutions, err, questions)
		}
	})
}
