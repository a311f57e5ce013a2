package node_test

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// A registrar that is cut off from its elements keeps them, and one whose elements'
// hosts answer that they are gone does not: what transports say tells the two apart.
func TestGuard(t *testing.T) {
	const elements = 12
	hosts := make([]netip.Addr, elements)
	for i := range hosts {
		hosts[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)})
	}
	for _, cut := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			network := memory.NewNetwork()
			a := start(t, config(network, idA, hostA))
			settle()
			var listeners []transport.Listener
			for i, host := range hosts {
				l, err := network.Transport(host).Listen(transport.Config{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { l.Close() })
				listeners = append(listeners, l)
				association, err := l.Dial(t.Context(), at(hostA, asapPort))
				if err != nil {
					t.Fatal(err)
				}
				pe := script{t, association, transport.PPIDASAP}
				pe.send(registration("EchoPool", wire.PEIdentifier(i+1), host)) //nolint:gosec // few
				if m, ok := pe.receive().(asap.RegistrationResponse); !ok || m.Reject {
					t.Fatalf("answer to a registration: %+v", m)
				}
			}
			for i, host := range hosts {
				if cut {
					network.Cut(hostA, host)
				} else {
					listeners[i].Close()
				}
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			removed := 0
			for i := range hosts {
				if slices.Contains(a.updates("EchoPool", wire.PEIdentifier(i+1)), enrp.DelPE) { //nolint:gosec // few
					removed++
				}
			}
			m, err := a.Measures(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if g := m.Tally.Guard; g.Engaged != cut || (removed == 0) != cut {
				t.Errorf("cut off %t: %d of %d are removed, the guard is %+v", cut, removed, elements, g)
			}
		})
	}
}
