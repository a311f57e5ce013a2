package node_test

import (
	"math"
	"net/netip"
	"testing"
	"testing/synctest"

	"rserpool/registrar/asap"
	"rserpool/registrar/capture"
	"rserpool/registrar/enrp"
	"rserpool/registrar/transport/memory"
)

// While somebody watches, all messages of both protocols are recorded, each request
// before its answer; else none.
func TestCapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		c.Capture = capture.New(capture.DefaultMessages)
		start(t, c)
		start(t, config(network, idB, hostB, hostA))
		settle()
		pe := dial(t, network, hostPE, at(hostA, asapPort))
		pe.register("EchoPool", 0x77)
		if n := c.Capture.Last(); n != 0 {
			t.Fatalf("%d messages recorded while nobody watches", n)
		}
		watch := c.Capture.Watch(nil)
		pe.register("EchoPool", 0x78)
		settle() // presences come and go
		request, answer, updates, presences := 0, 0, 0, 0
		for i, m := range c.Capture.Since(0, math.MaxInt, math.MaxInt) {
			if m.Number != uint64(i+1) || m.Association == 0 || m.Group || m.Stream || m.Micros == 0 {
				t.Errorf("message %+v", m.Captured)
			}
			switch {
			case !m.ENRP && asap.MessageType(m.Bytes[0]) == asap.TypeRegistration:
				request = i + 1
				if m.Out || m.Local != netip.AddrPortFrom(hostA, asapPort) || m.Remote.Addr() != hostPE {
					t.Errorf("registration %+v", m.Captured)
				}
			case !m.ENRP && asap.MessageType(m.Bytes[0]) == asap.TypeRegistrationResponse && m.Out:
				answer = i + 1
			case m.ENRP && enrp.MessageType(m.Bytes[0]) == enrp.TypeHandleUpdate && m.Out:
				updates++
			case m.ENRP && enrp.MessageType(m.Bytes[0]) == enrp.TypePresence && !m.Out:
				presences++
				if m.Server != idB || m.Remote != netip.AddrPortFrom(hostB, enrpPort) {
					t.Errorf("presence %+v", m.Captured)
				}
			}
		}
		if request == 0 || answer < request || updates == 0 || presences == 0 {
			t.Errorf("registration at %d, its answer at %d, %d updates, %d presences", request, answer, updates, presences)
		}
		watch.Stop()
		last := c.Capture.Last()
		settle()
		if c.Capture.Last() != last {
			t.Error("recorded after the watcher went")
		}
	})
}
