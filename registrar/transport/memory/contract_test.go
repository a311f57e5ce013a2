package memory_test

import (
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	addrA = netip.MustParseAddr("192.0.2.1")
	addrB = netip.MustParseAddr("2001:db8::2")
)

func TestContract(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transporttest.Env {
		n := memory.NewNetwork()
		return transporttest.Env{
			A: transporttest.Host{Transport: n.Transport(addrA)},
			B: transporttest.Host{Transport: n.Transport(addrB)},
			Breakable: func(l transport.Listener) (transport.Address, func()) {
				return transporttest.AddressOf(l), func() { n.Cut(addrA, addrB) }
			},
		}
	})
}

// TestAlso: there are no further UDP ports in memory.
func TestAlso(t *testing.T) {
	c := transport.Config{Also: []transport.Address{{UDPPort: 9899}}}
	if _, err := memory.NewNetwork().Transport(addrA).Listen(c); err == nil {
		t.Error("want an error")
	}
}
