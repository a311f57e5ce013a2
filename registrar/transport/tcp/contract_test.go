package tcp

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

// wire is a network whose listeners can be cut off from each other.
type wire struct {
	Transport
	listeners []*listener
}

func (w *wire) Listen(c transport.Config) (transport.Listener, error) {
	l, err := w.Transport.Listen(c)
	if err == nil {
		w.listeners = append(w.listeners, l.(*listener))
	}
	return l, err
}

// UDP-6-02: what holds for SCTP holds for TCP, "peer that never reads" among it.
func TestContract(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) { testContract(t, New(), ip) })
	}
}

// SEC-01 SEC-02: and it holds for TLS.
func TestContractOverTLS(t *testing.T) {
	ca := newAuthority(t)
	c := identity.Credentials{Certificate: ca.issue(t, leaf{ips: []string{"127.0.0.1", "::1"}}), Roots: ca.roots}
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) { testContract(t, Secure(c), ip) })
	}
}

func testContract(t *testing.T, tr Transport, ip string) {
	t.Helper()
	needs(t, ip)
	transporttest.Run(t, func(t *testing.T) transporttest.Env {
		w := &wire{Transport: tr}
		host := transporttest.Host{Transport: w, Local: transport.Address{Addrs: []netip.Addr{netip.MustParseAddr(ip)}}}
		return transporttest.Env{A: host, B: host, Stream: true, Breakable: func(l transport.Listener) (transport.Address, func()) {
			return transporttest.AddressOf(l), func() { deafen(t, w.listeners...) }
		}}
	})
}

// needs skips the test where the host has no such address.
func needs(t *testing.T, ip string) {
	t.Helper()
	s, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Skipf("this host has no %s: %v", ip, err)
	}
	s.Close()
}
