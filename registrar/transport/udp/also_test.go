package udp

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"rserpool/registrar/transport"
)

// alone is an address that no other test uses, so that fixed ports are free.
func alone(host string, port, udpPort uint16) transport.Address {
	return transport.Address{Addrs: []netip.Addr{netip.MustParseAddr("127.0.99." + host)}, Port: port, UDPPort: udpPort}
}

// TestAlso: one SCTP port at several UDP ports and addresses (UDP-5.1-01).
func TestAlso(t *testing.T) {
	c := calm()
	c.Local = alone("1", 3863, 0)
	c.Also = []transport.Address{alone("1", 3863, registeredPort), alone("2", 0, 7000)}
	m := listen(t, c)
	want := []string{"127.0.99.1:3863", "127.0.99.2:3863"}
	if got := m.Addrs(); len(got) != 2 || got[0].String() != want[0] || got[1].String() != want[1] {
		t.Errorf("Addrs: want %v, got %v", want, got)
	}
	for _, to := range []transport.Address{alone("1", 3863, 0), alone("1", 3863, registeredPort), alone("2", 3863, 7000)} {
		a, err := listen(t, calm()).Dial(testContext(t), to)
		if err != nil {
			t.Fatalf("%v: %v", to, err)
		}
		b := accept(t, m)
		if err := b.Send(testContext(t), transport.Message{PPID: 11, Data: []byte("hello")}); err != nil {
			t.Fatal(err)
		}
		if got := recvText(t, a); got != "hello" {
			t.Errorf("%v: got %q", to, got)
		}
		port := to.UDPPort
		if port == 0 {
			port = to.Port
		}
		if got := a.Peer(); got.UDPPort != port || got.Port != 3863 {
			t.Errorf("%v: peer %+v", to, got)
		}
	}
	// A dial leaves from the port of Local, which peers know.
	far := listen(t, calm())
	if _, err := m.Dial(testContext(t), transport.Address{Addrs: []netip.Addr{loopback}, Port: far.port}); err != nil {
		t.Fatal(err)
	}
	if got := accept(t, far).Peer().UDPPort; got != 3863 {
		t.Errorf("dialled from UDP port %d, want 3863", got)
	}
}

// TestDialSource: of several addresses, a dial leaves from the one the system
// would use, which the peer can answer to.
func TestDialSource(t *testing.T) {
	c := calm()
	c.Local = alone("3", 3864, 0)
	c.Also = []transport.Address{{Addrs: []netip.Addr{loopback}, UDPPort: freePort(t)}}
	m, far := listen(t, c), listen(t, calm())
	if _, err := m.Dial(testContext(t), transport.Address{Addrs: []netip.Addr{loopback}, Port: far.port}); err != nil {
		t.Fatal(err)
	}
	if got := accept(t, far).path.Load().Remote; got.Addr() != loopback || got.Port() != c.Also[0].UDPPort {
		t.Errorf("dialled from %v, want %v at UDP port %d", got, loopback, c.Also[0].UDPPort)
	}
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// TestListenErrors: each names the place, and leaves nothing bound.
func TestListenErrors(t *testing.T) {
	c := calm()
	c.Local = alone("4", 3863, registeredPort)
	listen(t, c)
	for _, bad := range []struct {
		name  string
		local transport.Address
		also  []transport.Address
		busy  bool
		want  string
	}{
		{"busy", alone("4", 3863, registeredPort), nil, true, "127.0.99.4:9899"},
		{"busy beside", alone("4", 3863, 0), []transport.Address{alone("4", 3863, 7001), alone("4", 3863, registeredPort)}, true, "127.0.99.4:9899"},
		{"twice", alone("4", 3863, 0), []transport.Address{alone("4", 3863, 0)}, true, "127.0.99.4:3863"},
		{"another SCTP port", alone("4", 3863, 0), []transport.Address{alone("4", 3864, 7001)}, false, "SCTP port 3863"},
	} {
		c := calm()
		c.Local, c.Also = bad.local, bad.also
		_, err := New().Listen(c)
		if err == nil || !strings.Contains(err.Error(), bad.want) || errors.Is(err, syscall.EADDRINUSE) != bad.busy {
			t.Errorf("%s: want %q, EADDRINUSE %v, got %v", bad.name, bad.want, bad.busy, err)
		}
	}
	c.Local, c.Also = alone("4", 3863, 0), []transport.Address{alone("4", 3863, 7001)}
	listen(t, c)
}
