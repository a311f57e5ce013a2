package node_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/memory"
	"rserpool/registrar/wire"
)

// counting is a transport that counts dials under way.
type counting struct {
	transport.Transport
	mu             sync.Mutex
	now, most, all int
}

func (c *counting) Listen(cfg transport.Config) (transport.Listener, error) {
	l, err := c.Transport.Listen(cfg)
	return countingListener{l, c}, err
}

func (c *counting) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
	c.all += max(n, 0)
}

type countingListener struct {
	transport.Listener
	c *counting
}

func (l countingListener) Dial(ctx context.Context, to transport.Address) (transport.Association, error) {
	l.c.add(1)
	defer l.c.add(-1)
	return l.Listener.Dial(ctx, to)
}

// Many elements lose their associations at once and do not answer: they are
// all called, a bounded number at a time, and removed.
func TestDialLimit(t *testing.T) {
	const elements = node.DialLimit + node.DialLimit/2
	synctest.Test(t, func(t *testing.T) {
		network := memory.NewNetwork()
		c := config(network, idA, hostA)
		dials := &counting{Transport: c.Transport}
		c.Transport = dials
		a := start(t, c)
		for id := wire.PEIdentifier(1); id <= elements; id++ {
			dial(t, network, hostPE, at(hostA, asapPort)).register("EchoPool", id)
		}
		network.Cut(hostA, hostPE)
		network.Abort(hostA, hostPE)
		settle()
		if dials.most != node.DialLimit {
			t.Errorf("%d dials at once, want %d", dials.most, node.DialLimit)
		}
		if dials.all < elements {
			t.Errorf("%d dials in all, want %d or more", dials.all, elements)
		}
		for id := wire.PEIdentifier(1); id <= elements; id++ {
			if got := a.updates("EchoPool", id); len(got) < 2 {
				t.Fatalf("updates about element %v: %v, want it removed", id, got)
			}
		}
	})
}
