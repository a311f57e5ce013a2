//go:build linux

package interop

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/kernel"
	"rserpool/registrar/transport/transporttest"
	"rserpool/registrar/transport/udp"
)

// The kernel has an address on each of two links to the host of the mux, which has
// one behind both.
var (
	muxHome    = netip.MustParseAddr("192.0.2.1")
	kernelHome = []netip.Addr{netip.MustParseAddr("198.51.100.2"), netip.MustParseAddr("203.0.113.2")}
)

// twoLinks makes the host of the mux, and says how to make a socket there. The kernel
// is here: it takes associations out of an endpoint only where its process is. The
// links have no segmentation offload, see overUDP.
func twoLinks(t *testing.T) (there func(func())) {
	t.Helper()
	cleanUp(t, `set -e
		ip netns add mux
		ip -n mux link add home type dummy
		ip -n mux addr add 192.0.2.1/32 dev home
		ip -n mux link set home up
		for i in 1 2; do
			ip link add here$i gso_max_size 1400 type veth peer name there$i gso_max_size 1400
			ip link set there$i netns mux
			ip link set here$i up
			ip -n mux link set there$i up
		done
		ip addr add 198.51.100.2/24 dev here1
		ip addr add 203.0.113.2/24 dev here2
		ip -n mux addr add 198.51.100.1/24 dev there1
		ip -n mux addr add 203.0.113.1/24 dev there2
		ip route add 192.0.2.1 via 198.51.100.1 metric 10
		ip route add 192.0.2.1 via 203.0.113.1 metric 20`)
	t.Cleanup(func() { cleanUp(t, "ip netns del mux; ip link del here1; ip link del here2; true") })
	return func(f func()) {
		t.Helper()
		done := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			file, err := os.Open("/run/netns/mux")
			if err == nil {
				defer file.Close()
				err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
			}
			if err == nil {
				f()
			}
			done <- err
		}()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// TestUDPMultihomed: an association with a kernel of two addresses survives the loss
// of the link it began on, in both directions, whoever dialled.
func TestUDPMultihomed(t *testing.T) {
	for _, dialler := range []string{"userspace", "kernel"} {
		t.Run(dialler, func(t *testing.T) {
			overUDP(t)
			there := twoLinks(t)
			inKernel := listen(t, kernel.New(), transport.Config{Local: transport.Address{Addrs: kernelHome}})
			var mux transport.Listener
			there(func() {
				mux = listen(t, udp.New(), transport.Config{Local: transport.Address{Addrs: []netip.Addr{muxHome}}})
			})
			a, b := connect(t, mux, inKernel, dialler == "kernel")
			if got := a.Peer().Addrs; fmt.Sprint(got) != fmt.Sprint(kernelHome) {
				t.Errorf("addresses of the peer: want %v, got %v", kernelHome, got)
			}
			both(t, a, b, "on the first link")
			cleanUp(t, "ip link set here1 down")
			start := time.Now()
			both(t, a, b, "on the second link")
			t.Logf("again after %v", time.Since(start).Round(time.Millisecond))
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("nothing went through for %v", took)
			}
			if err := a.Shutdown(bounded(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// connect returns the ends of an association, that of the mux first.
func connect(t *testing.T, mux, inKernel transport.Listener, fromKernel bool) (a, b transport.Association) {
	t.Helper()
	from, to, at := mux, inKernel, transporttest.AddressOf(inKernel)
	at.UDPPort = kernelPort
	if fromKernel {
		from, to, at = inKernel, mux, transporttest.AddressOf(mux)
		at.UDPPort = at.Port
	}
	dialled, err := from.Dial(bounded(t), at)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := to.Accept(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	if fromKernel {
		return accepted, dialled
	}
	return dialled, accepted
}

// both sends a message each way, and waits for both.
func both(t *testing.T, a, b transport.Association, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ends := []transport.Association{a, b}
	for i, s := range ends {
		if err := s.Send(ctx, transport.Message{PPID: uint32(i), Data: []byte(strings.Repeat(text, 100))}); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range ends {
		m, err := s.Recv(ctx)
		if err != nil || m.PPID != uint32(1-i) {
			t.Fatalf("%s, end %d: PPID %d, %v", text, i, m.PPID, err)
		}
	}
}
