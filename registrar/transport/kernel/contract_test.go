//go:build linux && !386

package kernel

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/transporttest"
)

func TestMain(m *testing.M) {
	if job := os.Getenv(farVariable); job != "" {
		fmt.Fprintln(os.Stderr, "far side:", beFar(job))
		return
	}
	goleak.VerifyTestMain(m)
}

// needKernel skips the test where the kernel has no SCTP.
func needKernel(t *testing.T) {
	t.Helper()
	if err := Available(); err != nil {
		t.Skipf("make interop runs this: %v", err)
	}
}

// UDP-6-01, UDP-6-02: messages of the largest size cross whole and in order, and a
// peer that does not read holds the sender up.
func TestContract(t *testing.T) {
	needKernel(t)
	for _, hosts := range []string{
		"127.0.0.1",
		"::1",
		"127.0.0.1,127.0.0.2",
		"127.0.0.1,::1",
	} {
		t.Run(hosts, func(t *testing.T) {
			captureAborts(t)
			transporttest.Run(t, func(*testing.T) transporttest.Env {
				n := &network{}
				host := transporttest.Host{Transport: n, Local: transport.Address{Addrs: parse(hosts)}}
				return transporttest.Env{A: host, B: host, Late: true, Breakable: func(l transport.Listener) (transport.Address, func()) {
					return transporttest.AddressOf(l), func() { n.deafen(t) }
				}}
			})
		})
	}
}

func parse(ips string) (out []netip.Addr) {
	for ip := range strings.SplitSeq(ips, ",") {
		out = append(out, netip.MustParseAddr(ip))
	}
	return out
}

// network is a transport whose listeners can be cut off from each other.
type network struct {
	Transport
	listeners []*listener
}

func (n *network) Listen(c transport.Config) (transport.Listener, error) {
	l, err := n.Transport.Listen(c)
	if err == nil {
		n.listeners = append(n.listeners, l.(*listener))
	}
	return l, err
}

// deafen makes the kernel throw away whatever comes for the listeners and their
// associations, as if the way between them were cut.
func (n *network) deafen(t *testing.T) {
	t.Helper()
	for _, l := range n.listeners {
		l.mu.Lock()
		drop(t, l.endpoint.(*kernelEndpoint).socket)
		for a := range l.associations {
			drop(t, a.conn.(*socket))
		}
		l.mu.Unlock()
	}
}
