package node_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/feed"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// BenchmarkJoin is how long a registrar takes from its start until it serves, with
// a mentor that has 50,000 elements, over SCTP in UDP on loopback.
func BenchmarkJoin(b *testing.B) {
	const elements = 50_000
	for _, dialect := range []registrar.Dialect{registrar.RFC, registrar.RSPLIB} {
		b.Run(fmt.Sprintf("elements=%d/dialect=%v", elements, dialect), func(b *testing.B) {
			mentor := launchUDP(b, dialect, nil, nil)
			defer stop(b, mentor)
			fill(b, mentor, elements)
			peers := []transport.Address{addressOf(mentor.ENRPAddrs()[0])}
			for b.Loop() {
				serving := make(chan struct{}, 1)
				n := launchUDP(b, dialect, peers, func(m feed.Message) {
					if s, ok := m.(feed.RegistrarState); ok && s.Phase == feed.Serving {
						serving <- struct{}{}
					}
				})
				<-serving
				b.StopTimer()
				stop(b, n)
				b.StartTimer()
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N)/elements, "µs/element")
		})
	}
}

// launchUDP starts a node on a free port of loopback.
func launchUDP(b *testing.B, d registrar.Dialect, peers []transport.Address, seen func(feed.Message)) *node.Node {
	b.Helper()
	loopback := []transport.Address{at(netip.MustParseAddr("127.0.0.1"), 0)}
	c := node.Config{Registrar: d.Config(), Transport: udp.New(), Peers: peers, ASAP: loopback, ENRP: loopback}
	c.Registrar.KeepAliveInterval = 0
	if seen != nil {
		c.Publish = func(_ time.Time, changes []feed.Message) {
			for _, m := range changes {
				seen(m)
			}
		}
	}
	n, err := node.Start(context.Background(), c)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func stop(b *testing.B, n *node.Node) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // at once: nobody waits for its elements
	_ = n.Stop(ctx)
}

// fill registers elements of 100 pools over one association.
func fill(b *testing.B, n *node.Node, elements int) {
	b.Helper()
	loopback := at(netip.MustParseAddr("127.0.0.1"), 0)
	l, err := udp.New().Listen(transport.Config{Local: loopback})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	to, err := l.Dial(b.Context(), addressOf(n.ASAPAddrs()[0]))
	if err != nil {
		b.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		for i := range elements {
			m := registration(wire.PoolHandle(fmt.Sprintf("pool-%d", i%100)), wire.PEIdentifier(i+1), loopback.Addrs[0])
			m.Element.Life = wire.InfiniteLife
			data, err := asap.Append(nil, m)
			if err == nil {
				err = to.Send(b.Context(), transport.Message{PPID: transport.PPIDASAP, Data: data})
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	for range elements {
		if _, err := to.Recv(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if err := <-failed; err != nil {
		b.Fatal(err)
	}
}
