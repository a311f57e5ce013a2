package endpoint_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// crowd is an endpoint with many elements of one pool, numbered from 1, which are
// registered at its home; there is a second server too.
type crowd struct {
	endpoint    *endpoint.Endpoint
	now         time.Time
	home, other endpoint.AssociationID
	moves       wire.ServerID
	// away: the home is the second server.
	away bool
}

func newCrowd(t testing.TB, elements int) *crowd {
	cfg := endpoint.DefaultConfig()
	cfg.Rand = rand.New(rand.NewChaCha8([32]byte{1}))
	cfg.Servers = []endpoint.Address{server(1), server(2)}
	e, err := endpoint.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{endpoint: e, now: epoch, home: 1, other: 2}
	c.endpoint.Step(c.now, endpoint.Start{})
	c.endpoint.Step(c.now, endpoint.AssociationUp{Association: 1, Dial: 1, Remote: server(1), Local: ownAddrs})
	c.endpoint.Step(c.now, endpoint.AssociationUp{Association: 2, Remote: server(2), Local: ownAddrs})
	for i := range elements {
		c.endpoint.Step(c.now, endpoint.Register{Element: endpoint.ElementID(i + 1), Spec: endpoint.Spec{
			Handle: "EchoPool", ID: wire.PEIdentifier(i + 1), Life: wire.InfiniteLife, Reregister: 365 * 24 * time.Hour,
			User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7, Addresses: ownAddrs[:1]},
		}})
		c.respond(wire.PEIdentifier(i + 1))
	}
	return c
}

// respond accepts a registration.
func (c *crowd) respond(id wire.PEIdentifier) {
	c.endpoint.Step(c.now, endpoint.Received{Association: c.home, Data: encode(asap.RegistrationResponse{Handle: "EchoPool", ID: id})})
}

// move makes the other server the home by a keep-alive for the first element.
func (c *crowd) move(t testing.TB) {
	c.home, c.other = c.other, c.home
	c.moves++
	moved := false
	for _, f := range c.endpoint.Step(c.now, endpoint.Received{Association: c.home, Data: encode(asap.EndpointKeepAlive{
		Home: true, Server: c.moves, Handle: "EchoPool", ID: 1,
	})}) {
		if f, ok := f.(endpoint.HomeChanged); ok {
			moved = f.Association == c.home
		}
	}
	if !moved {
		t.Fatal("the home has not moved")
	}
}

// loseHome ends the association to the home; the other server, whose association is
// up, is the next one, and registers all elements. The lost one comes back.
func (c *crowd) loseHome(elements int) {
	c.now = c.now.Add(11 * time.Second) // longer than a server that was lost is let alone
	lost, n := c.home, 1
	if c.away = !c.away; !c.away {
		n = 2
	}
	c.home, c.other = c.other, max(c.home, c.other)+1
	c.endpoint.Step(c.now, endpoint.AssociationDown{Association: lost, Reason: "lost"})
	c.endpoint.Step(c.now, endpoint.AssociationUp{Association: c.other, Remote: server(n), Local: ownAddrs})
	for i := range elements {
		c.respond(wire.PEIdentifier(i + 1))
	}
}

func encode(m asap.Message) []byte {
	b, err := asap.Append(nil, m)
	if err != nil {
		panic(err)
	}
	return b
}

// BenchmarkElements measures what one message costs an endpoint by the number of
// its elements, and the memory of an element.
func BenchmarkElements(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("count=%d", n), func(b *testing.B) {
			b.Run("keep-alive", func(b *testing.B) {
				c := newCrowd(b, n)
				data := encode(asap.EndpointKeepAlive{Server: 1, Handle: "EchoPool", ID: 1})
				for i := range b.N {
					binary.BigEndian.PutUint32(data[len(data)-4:], uint32(i%n+1))
					c.now = c.now.Add(1100 * time.Millisecond / time.Duration(n)) // each is acknowledged
					c.endpoint.Step(c.now, endpoint.Received{Association: 1, Data: data})
				}
			})
			b.Run("keep-alive-of-pool", func(b *testing.B) { // most come within AckInterval
				c := newCrowd(b, n)
				data := encode(asap.EndpointKeepAlive{Server: 1, Handle: "EchoPool"})
				for range b.N {
					c.endpoint.Step(c.now, endpoint.Received{Association: 1, Data: data})
				}
			})
			b.Run("registration", func(b *testing.B) {
				c := newCrowd(b, n)
				for i := range b.N {
					id := wire.PEIdentifier(i%n + 1)
					c.now = c.now.Add(1100 * time.Millisecond / time.Duration(n)) // each is sent
					c.endpoint.Step(c.now, endpoint.SetPolicy{
						Element: endpoint.ElementID(id), Policy: wire.Policy{Type: wire.LeastUsed, Load: uint32(i + 1)},
					})
					c.respond(id)
				}
			})
			b.Run("error", func(b *testing.B) {
				c := newCrowd(b, n)
				data := encode(asap.Error{Causes: []wire.Cause{{Code: wire.CauseInvalidValues}}})
				for range b.N {
					c.endpoint.Step(c.now, endpoint.Received{Association: 1, Data: data})
				}
			})
			b.Run("move", func(b *testing.B) {
				c := newCrowd(b, n)
				for range b.N {
					c.move(b)
				}
			})
			b.Run("home-lost", func(b *testing.B) { // and every element registered at the other server
				c := newCrowd(b, n)
				for range b.N {
					c.loseHome(n)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/element")
			})
			b.Run("memory", func(b *testing.B) {
				for range b.N {
					before := memory()
					c := newCrowd(b, n)
					after := memory()
					b.ReportMetric(float64(after-before)/float64(n), "B/element")
					if _, ok := c.endpoint.Deadline(); !ok {
						b.Fatal("no element has a timer")
					}
				}
			})
		})
	}
}
