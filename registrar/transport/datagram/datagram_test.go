package datagram_test

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/datagram"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

func listen(t *testing.T, local transport.Address, also ...transport.Address) []*datagram.Socket {
	t.Helper()
	sockets, err := datagram.Listen(local, also...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { datagram.CloseAll(sockets) })
	return sockets
}

func bounds(sockets []*datagram.Socket) []netip.AddrPort {
	var out []netip.AddrPort
	for _, s := range sockets {
		out = append(out, s.Bound())
	}
	return out
}

// Several addresses share the port that the first one got; further ports have the
// same addresses.
func TestListen(t *testing.T) {
	second := netip.MustParseAddr("127.0.0.2")
	sockets := listen(t, transport.Address{Addrs: []netip.Addr{second, loopback}}, transport.Address{})
	got := bounds(sockets)
	port, further := got[0].Port(), got[2].Port()
	want := []netip.AddrPort{
		netip.AddrPortFrom(loopback, port), netip.AddrPortFrom(second, port),
		netip.AddrPortFrom(loopback, further), netip.AddrPortFrom(second, further),
	}
	if !slices.Equal(got, want) || port == 0 || further == 0 || port == further {
		t.Errorf("want %v, got %v", want, got)
	}
	if got, want := datagram.Addrs(sockets, 9901), []netip.AddrPort{
		netip.AddrPortFrom(loopback, 9901), netip.AddrPortFrom(second, 9901),
	}; !slices.Equal(got, want) {
		t.Errorf("Addrs: want %v, got %v", want, got)
	}
	// UDPPort comes before Port, and a port in use is named.
	taken := transport.Address{Addrs: []netip.Addr{loopback}, Port: 9901, UDPPort: port}
	if _, err := datagram.Listen(taken); err == nil || !strings.Contains(err.Error(), got[0].String()) {
		t.Errorf("want an error that names %v, got %v", got[0], err)
	}
	// When a further port cannot be had, the first ones are free again.
	free := listen(t, transport.Address{Addrs: []netip.Addr{loopback}})[0]
	at := transport.Address{Addrs: []netip.Addr{loopback}, Port: free.Bound().Port()}
	datagram.CloseAll([]*datagram.Socket{free})
	if _, err := datagram.Listen(at, taken); err == nil {
		t.Error("a port in use was bound")
	}
	listen(t, at)
}

// A datagram tells where it came from and which address it came to, and goes back
// the same way, also from a socket on the wildcard.
func TestPath(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "127.0.0.55", "::1"} {
		t.Run(ip, func(t *testing.T) {
			called := netip.MustParseAddr(ip)
			sockets := listen(t, transport.Address{})
			got := make(chan netip.Addr, 1)
			served := make(chan error, len(sockets))
			for _, s := range sockets {
				go func() {
					served <- s.Serve(func(p datagram.Path, b []byte) {
						if p.Socket != s {
							t.Errorf("path with the socket %v, want %v", p.Socket.Bound(), s.Bound())
						}
						got <- p.Local
						p.Send(append([]byte("re: "), b...))
					})
				}()
			}
			conn, err := net.Dial("udp", netip.AddrPortFrom(called, sockets[0].Bound().Port()).String())
			if err != nil {
				t.Skipf("this host has no %s: %v", ip, err)
			}
			defer conn.Close()
			conn.Write([]byte("hello"))
			conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			b := make([]byte, 100)
			n, err := conn.Read(b) // a connected socket takes answers of that address only
			if err != nil || string(b[:n]) != "re: hello" {
				t.Errorf("got %q, %v", b[:n], err)
			}
			if local := <-got; local != called {
				t.Errorf("came to %v, want %v", local, called)
			}
			datagram.CloseAll(sockets)
			for range sockets {
				if err := <-served; err != nil {
					t.Errorf("Serve of a closed socket: %v", err)
				}
			}
		})
	}
}

func TestPathTo(t *testing.T) {
	sockets := listen(t, transport.Address{Addrs: []netip.Addr{loopback}})
	p, ok := datagram.PathTo(sockets, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.9"), 9))
	if !ok || p.Socket != sockets[0] || p.Local != loopback || p.Remote.Port() != 9 {
		t.Errorf("got %+v, %v", p, ok)
	}
	if _, ok := datagram.PathTo(sockets, netip.AddrPortFrom(netip.IPv6Loopback(), 9)); ok {
		t.Error("a path to another address family")
	}
}
