package udp

import (
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
	"rserpool/registrar/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// UDP-3-01: the tests run as an ordinary user. UDP-6-01: messages of the largest
// size cross whole and in order.
func TestContract(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) {
			host := transporttest.Host{
				Transport: New(),
				Local:     transport.Address{Addrs: []netip.Addr{netip.MustParseAddr(ip)}},
			}
			if ip == "::1" {
				needIPv6(t)
			}
			transporttest.Run(t, func(t *testing.T) transporttest.Env {
				return transporttest.Env{A: host, B: host, Breakable: func(l transport.Listener) (transport.Address, func()) {
					r := newRelay(t, l.Addrs()[0])
					return r.address(l), r.cut
				}}
			})
		})
	}
}

func needIPv6(t *testing.T) {
	t.Helper()
	sockets, err := datagram.Listen(transport.Address{Addrs: []netip.Addr{netip.IPv6Loopback()}})
	if err != nil {
		t.Skipf("this host has no IPv6: %v", err)
	}
	datagram.CloseAll(sockets)
}
