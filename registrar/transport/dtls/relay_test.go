package dtls

import (
	"net"
	"net/netip"
	"sync"
	"testing"

	"rserpool/registrar/transport"
)

// relay is a host between two peers that forwards datagrams both ways, as a
// NAT does: each client gets a socket of its own towards the server. A test
// decides what happens to each datagram.
type relay struct {
	front  *net.UDPConn
	server netip.AddrPort
	wait   sync.WaitGroup

	mu      sync.Mutex
	clients map[netip.AddrPort]*net.UDPConn
	// shared is what new clients use towards the server, and latest the last one,
	// who gets its answers.
	shared *net.UDPConn
	latest netip.AddrPort
	// fate returns what is sent on instead of a datagram; nil forwards all.
	fate func(datagram []byte, toServer bool) [][]byte
}

// listenLike opens a socket on the address of server, on a port of its own.
func listenLike(server netip.AddrPort) (*net.UDPConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.Addr(), 0)))
}

// newRelay returns a relay to server, and closes it with t.
func newRelay(t *testing.T, server netip.AddrPort) *relay {
	t.Helper()
	front, err := listenLike(server)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{front: front, server: server, clients: make(map[netip.AddrPort]*net.UDPConn)}
	r.wait.Go(r.serve)
	t.Cleanup(func() {
		front.Close()
		r.rebind()
		r.wait.Wait()
	})
	return r
}

// address is l's address through the relay.
func (r *relay) address(l transport.Listener) transport.Address {
	return transport.Address{
		Addrs:   []netip.Addr{r.server.Addr()},
		Port:    l.Addrs()[0].Port(),
		UDPPort: uint16(r.front.LocalAddr().(*net.UDPAddr).Port),
	}
}

func (r *relay) setFate(fate func([]byte, bool) [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fate = fate
}

// cut drops everything from now on.
func (r *relay) cut() { r.setFate(func([]byte, bool) [][]byte { return nil }) }

// rebind makes the relay use new ports towards the server, as a NAT that has
// restarted does.
func (r *relay) rebind() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.clients {
		c.Close()
	}
	clear(r.clients)
}

func (r *relay) decide(b []byte, toServer bool) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fate == nil {
		return [][]byte{b}
	}
	return r.fate(append([]byte(nil), b...), toServer)
}

func (r *relay) serve() {
	b := make([]byte, 65536)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		for _, d := range r.decide(b[:n], true) {
			if c := r.client(from); c != nil {
				c.WriteToUDPAddrPort(d, r.server)
			}
		}
	}
}

func (r *relay) client(from netip.AddrPort) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest = from
	if c := r.clients[from]; c != nil {
		return c
	}
	if r.shared != nil {
		return r.shared
	}
	c, err := listenLike(r.server)
	if err != nil {
		return nil
	}
	r.clients[from] = c
	r.wait.Go(func() {
		b := make([]byte, 65536)
		for {
			n, _, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			for _, d := range r.decide(b[:n], false) {
				r.front.WriteToUDPAddrPort(d, r.answersTo(from))
			}
		}
	})
	return c
}

// answersTo is who gets what came for a client.
func (r *relay) answersTo(client netip.AddrPort) netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared != nil && r.clients[client] == r.shared {
		return r.latest
	}
	return client
}

// inject sends a datagram to the server as if each client had.
func (r *relay) inject(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.clients {
		c.WriteToUDPAddrPort(b, r.server)
	}
}

// adopt runs do while new clients share the port towards the server of the one
// there is, as if they had taken its address over.
func (r *relay) adopt(t *testing.T, do func()) {
	t.Helper()
	r.mu.Lock()
	if len(r.clients) != 1 {
		r.mu.Unlock()
		t.Fatalf("%d clients, want one", len(r.clients))
	}
	for _, c := range r.clients {
		r.shared = c
	}
	r.mu.Unlock()
	do()
	r.mu.Lock()
	r.shared = nil
	r.mu.Unlock()
}
