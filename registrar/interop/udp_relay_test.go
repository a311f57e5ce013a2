package interop

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

// relay forwards datagrams between clients and a server on this host, until it is
// cut.
type relay struct {
	front  *net.UDPConn
	server netip.AddrPort
	broken atomic.Bool
	wait   sync.WaitGroup
	// clients are the sockets towards the server; serve owns the map.
	clients map[netip.AddrPort]*net.UDPConn
}

func newRelay(t *testing.T, server netip.AddrPort) *relay {
	t.Helper()
	front, err := anyPort()
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{front: front, server: server, clients: make(map[netip.AddrPort]*net.UDPConn)}
	r.wait.Go(func() { r.serve(t) })
	t.Cleanup(func() {
		front.Close()
		r.wait.Wait()
	})
	return r
}

func anyPort() (*net.UDPConn, error) {
	return net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
}

func (r *relay) port() uint16 { return r.front.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (r *relay) cut() { r.broken.Store(true) }

func (r *relay) serve(t *testing.T) {
	defer func() {
		for _, c := range r.clients {
			c.Close()
		}
	}()
	pump(r.front, func(b []byte, from netip.AddrPort) {
		c := r.clients[from]
		if c == nil {
			var err error
			if c, err = anyPort(); err != nil {
				t.Error(err)
				return
			}
			r.clients[from] = c
			r.wait.Go(func() {
				pump(c, func(b []byte, _ netip.AddrPort) { r.forward(r.front, b, from) })
			})
		}
		r.forward(c, b, r.server)
	})
}

// forward sends a datagram on; one that is lost is sent again by SCTP.
func (r *relay) forward(by *net.UDPConn, b []byte, to netip.AddrPort) {
	if !r.broken.Load() {
		_, _ = by.WriteToUDPAddrPort(b, to)
	}
}

// pump calls f with every datagram until conn is closed.
func pump(conn *net.UDPConn, f func(b []byte, from netip.AddrPort)) {
	b := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		f(b[:n], from)
	}
}
