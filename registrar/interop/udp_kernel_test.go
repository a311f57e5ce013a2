package interop

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/transport/transporttest"
	"rserpool/registrar/transport/udp"
)

// kernelPort is where the kernel speaks SCTP over UDP: the registered port
// (RFC 6951 section 4).
const kernelPort = 9899

// patience is how long anything may take; the machine is slow.
const patience = time.Minute

var loopback = netip.MustParseAddr("127.0.0.1")

// overUDP makes the kernel speak SCTP over UDP for one test, and the loopback look
// like Ethernet, so that messages have fragments. Of a burst that Linux 6.1 hands
// to the device as one packet to be segmented (GSO), only the last one arrives when
// it is SCTP in UDP; so there are none.
func overUDP(t *testing.T) {
	t.Helper()
	needKernel(t)
	cleanUp(t, fmt.Sprintf("sysctl -qw net.sctp.udp_port=%d && ip link set lo mtu 1500 gso_max_size 1400", kernelPort))
	t.Cleanup(func() { cleanUp(t, "sysctl -qw net.sctp.udp_port=0 && ip link set lo mtu 65536 gso_max_size 65536") })
}

// cleanUp runs a line of shell, also when the test's context has ended.
func cleanUp(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// toUDP is a transport that dials the UDP port that port names for an address
// which names none.
type toUDP struct {
	transport.Transport
	port func(transport.Address) uint16
}

// kernelHost dials userspace SCTP, whose UDP port is its SCTP port; userspaceHost
// dials a kernel.
func kernelHost() transport.Transport {
	return toUDP{kernel.New(), func(to transport.Address) uint16 { return to.Port }}
}

func userspaceHost() transport.Transport {
	return toUDP{udp.New(), func(transport.Address) uint16 { return kernelPort }}
}

// Listen is Transport.Listen.
func (e toUDP) Listen(c transport.Config) (transport.Listener, error) {
	l, err := e.Transport.Listen(c)
	return toUDPListener{l, e.port}, err
}

type toUDPListener struct {
	transport.Listener
	port func(transport.Address) uint16
}

// Dial is Listener.Dial.
func (l toUDPListener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	if to.UDPPort == 0 {
		to.UDPPort = l.port(to)
	}
	return l.Listener.Dial(ctx, to)
}

// TestUDPContract: what one promises to its own kind, both keep towards each other
// (UDP-3-01, UDP-5.1-01, UDP-6-01).
func TestUDPContract(t *testing.T) {
	overUDP(t)
	at := transport.Address{Addrs: []netip.Addr{loopback}}
	inKernel := transporttest.Host{Transport: kernelHost(), Local: at}
	inUserspace := transporttest.Host{Transport: userspaceHost(), Local: at}
	for _, c := range []struct {
		name   string
		a, b   transporttest.Host
		late   bool
		behind func(transport.Listener) uint16
	}{
		{"userspace dials kernel", inUserspace, inKernel, true, func(transport.Listener) uint16 { return kernelPort }},
		{"kernel dials userspace", inKernel, inUserspace, false, func(l transport.Listener) uint16 { return l.Addrs()[0].Port() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transporttest.Env {
				return transporttest.Env{A: c.a, B: c.b, Late: c.late, Breakable: func(l transport.Listener) (transport.Address, func()) {
					r := newRelay(t, netip.AddrPortFrom(loopback, c.behind(l)))
					to := transporttest.AddressOf(l)
					to.UDPPort = r.port()
					return to, r.cut
				}}
			})
		})
	}
}

func listen(t *testing.T, on transport.Transport, c transport.Config) transport.Listener {
	t.Helper()
	if c.Local.Addrs == nil {
		c.Local.Addrs = []netip.Addr{loopback}
	}
	l, err := on.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestUDPRegisteredPort: a userspace dial without a UDP port finds a kernel at
// 9899 by itself (UDP-5.1-01).
func TestUDPRegisteredPort(t *testing.T) {
	overUDP(t)
	far := listen(t, kernel.New(), transport.Config{})
	a, err := listen(t, udp.New(), transport.Config{}).Dial(bounded(t), transporttest.AddressOf(far))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Peer(); got.UDPPort != kernelPort || got.Port != far.Addrs()[0].Port() {
		t.Errorf("peer: %+v", got)
	}
	// Nobody at that SCTP port: the kernel says so at once.
	nobody := transport.Address{Addrs: []netip.Addr{loopback}, Port: 1, UDPPort: kernelPort}
	if _, err := listen(t, udp.New(), transport.Config{}).Dial(bounded(t), nobody); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("want ErrRefused, got %v", err)
	}
}
