package dtls

import (
	"net"
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/identity"
	"rserpool/registrar/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// SEC-02, SEC-04, SEC-05: the whole contract over DTLS, by key and by certificate.
func TestContract(t *testing.T) {
	scope := newAuthority(t)
	for _, way := range []struct {
		name string
		a, b credentials
	}{
		{"key", keyed("a"), keyed("b")},
		{"certificate", scope.member(t, "registrar:1"), scope.member(t, "registrar:2")},
	} {
		for _, ip := range []string{"127.0.0.1", "::1"} {
			t.Run(way.name+" "+ip, func(t *testing.T) {
				local := transport.Address{Addrs: []netip.Addr{netip.MustParseAddr(ip)}}
				needAddress(t, ip)
				transporttest.Run(t, func(t *testing.T) transporttest.Env {
					return transporttest.Env{
						A: transporttest.Host{Transport: New(identity.Credentials(way.a)), Local: local},
						B: transporttest.Host{Transport: New(identity.Credentials(way.b)), Local: local},
						Breakable: func(l transport.Listener) (transport.Address, func()) {
							r := newRelay(t, l.Addrs()[0])
							return r.address(l), r.cut
						},
						Curt: true, // close_notify is no data: the engine may tell of it first
					}
				})
			})
		}
	}
}

func needAddress(t *testing.T, ip string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Skipf("this host has no %s: %v", ip, err)
	}
	conn.Close()
}
