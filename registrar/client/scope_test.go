package client_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/node"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// scope is a registrar and elements, each on a host of its own.
type scope struct {
	t       *testing.T
	network *memory.Network
	hosts   map[wire.PEIdentifier]netip.Addr
	clients []*client.Client
	regs    map[wire.PEIdentifier]*client.Registration
	work    sync.WaitGroup
	node    *node.Node
}

func newScope(t *testing.T) *scope {
	t.Helper()
	s := &scope{
		t: t, network: memory.NewNetwork(), hosts: make(map[wire.PEIdentifier]netip.Addr),
		regs: make(map[wire.PEIdentifier]*client.Registration),
	}
	s.node = startNode(t, s.network, 0xa, hostA)
	pass(time.Minute) // until it serves
	return s
}

var key = []byte("sixteen bytes and some")

// open makes a client that lives as long as the scope.
func (s *scope) open(host netip.Addr) *client.Client {
	s.t.Helper()
	c, err := client.Open(client.Config{
		Transport: s.network.Transport(host), Registrars: []transport.Address{at(hostA, asapPort)}, CookieKey: key,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.clients = append(s.clients, c)
	return c
}

// element starts one; serve gets its connections.
func (s *scope) element(id wire.PEIdentifier, serve func(wire.PEIdentifier, *client.Conn)) *client.Client {
	s.t.Helper()
	host := netip.AddrFrom4([4]byte{192, 0, 2, 100 + byte(id)})
	s.hosts[id] = host
	c := s.open(host)
	l, err := c.Listen(transport.Address{})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.regs[id], err = c.Register(s.t.Context(), client.Element{
		Pool: "EchoPool", ID: id, Policy: policy.Priority(100 - uint32(id)), Listener: l,
	}); err != nil {
		s.t.Fatal(err)
	}
	s.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() {
				serve(id, conn.(*client.Conn))
				conn.Close()
			})
		}
	})
	return c
}

// kill cuts an element off from everybody.
func (s *scope) kill(id wire.PEIdentifier) {
	for _, host := range append([]netip.Addr{hostA, hostPU}, values(s.hosts)...) {
		if host != s.hosts[id] {
			s.network.Cut(s.hosts[id], host)
		}
	}
}

func values(m map[wire.PEIdentifier]netip.Addr) (out []netip.Addr) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func (s *scope) end() {
	for _, c := range s.clients {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		c.Close(ctx) // those that were killed cannot say goodbye
		cancel()
	}
	s.work.Wait()
}

// counting answers every message with the element, and how many the session has
// had in all.
func counting(id wire.PEIdentifier, conn *client.Conn) {
	b := make([]byte, 64)
	count := 0
	for {
		n, err := conn.Read(b)
		if err != nil {
			return
		}
		if state := conn.State(); count == 0 && state != nil {
			fmt.Sscan(string(state), &count)
		}
		count++
		if err := conn.SaveState(fmt.Append(nil, count)); err != nil {
			return
		}
		if _, err := fmt.Fprintf(conn, "%d %s %d", id, b[:n], count); err != nil {
			return
		}
	}
}

func ask(t *testing.T, s io.ReadWriter, text string) string {
	t.Helper()
	if _, err := io.WriteString(s, text); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	n, err := s.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}
