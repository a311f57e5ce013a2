package node_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// Two registrars and an element over real sockets.
func TestOverUDP(t *testing.T) {
	loopback := at(netip.MustParseAddr("127.0.0.1"), 0)
	added := make(chan wire.PEIdentifier, 1)
	serving := make(chan struct{}, 8)
	launch := func(id wire.ServerID, peers []transport.Address, seen func(feed.Message)) *node.Node {
		c := node.Config{
			Registrar: registrar.DefaultConfig(), Transport: udp.New(), Peers: peers,
			ASAP: []transport.Address{loopback}, ENRP: []transport.Address{loopback},
			Publish: func(_ time.Time, changes []feed.Message) {
				for _, m := range changes {
					seen(m)
				}
			},
		}
		c.Registrar.ID = id
		n, err := node.Start(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return n
	}
	ready := func(m feed.Message) {
		if s, ok := m.(feed.RegistrarState); ok && s.Phase == feed.Serving {
			serving <- struct{}{}
		}
	}
	a := launch(idA, nil, ready)
	await(t, serving)
	launch(idB, []transport.Address{addressOf(a.ENRPAddrs()[0])}, func(m feed.Message) {
		ready(m)
		if u, ok := m.(enrp.HandleUpdate); ok && u.Action == enrp.AddPE {
			added <- u.Element.ID
		}
	})
	await(t, serving)

	l, err := udp.New().Listen(transport.Config{Local: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pe, err := l.Dial(t.Context(), addressOf(a.ASAPAddrs()[0]))
	if err != nil {
		t.Fatal(err)
	}
	script{t, pe, transport.PPIDASAP}.send(registration("EchoPool", 0x77, loopback.Addrs[0]))
	if got := await(t, added); got != 0x77 {
		t.Errorf("B hears of element %v, want 0x77", got)
	}
}

func addressOf(a netip.AddrPort) transport.Address { return at(a.Addr(), a.Port()) }

// await gives the next value, or fails when none comes.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came in 20 s")
		panic("unreachable")
	}
}
