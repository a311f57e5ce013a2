package client_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"rserpool/registrar/client"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// crowd registers n elements at once.
func crowd(b *testing.B, c *client.Client, n int) []*client.Registration {
	b.Helper()
	regs := make([]*client.Registration, n)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			var err error
			regs[i], err = c.Register(b.Context(), client.Element{
				Pool:   wire.PoolHandle(fmt.Sprintf("pool-%d", i%100)),
				Policy: policy.LeastUsed(0), User: wire.Transport{Type: wire.TypeTCPTransport, Port: 7},
			})
			if err != nil {
				b.Error(err)
			}
		})
	}
	work.Wait()
	return regs
}

// footprint is what a process has in use.
func footprint() (bytes, goroutines float64) {
	for range 2 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse), float64(runtime.NumGoroutine())
}

// BenchmarkElements is 10,000 elements of one Client at a registrar over SCTP in
// UDP: how long it takes to register one, and what it costs the Client to keep it.
func BenchmarkElements(b *testing.B) {
	const elements = 10_000
	n := mustLaunch(b)
	var bytes, goroutines float64
	for b.Loop() {
		b.StopTimer()
		c, err := client.Open(client.Config{Local: at(loopback, 0), Registrars: []transport.Address{addressOf(n.ASAPAddrs()[0])}})
		if err != nil {
			b.Fatal(err)
		}
		if err := crowd(b, c, 1)[0].Close(b.Context()); err != nil { // there is a home now
			b.Fatal(err)
		}
		_, before := footprint()
		b.StartTimer()
		regs := crowd(b, c, elements)
		b.StopTimer()
		with, after := footprint()
		goroutines += after - before
		for _, r := range regs { // the registrar still has them
			r.Abandon()
		}
		clear(regs)
		without, _ := footprint()
		bytes += with - without
		if err := c.Close(context.Background()); err != nil {
			b.Error(err)
		}
		b.StartTimer()
	}
	each := float64(b.N) * elements
	b.ReportMetric(bytes/each, "B/element")
	b.ReportMetric(goroutines/each, "goroutines/element")
	b.ReportMetric(b.Elapsed().Seconds()*1e6/each, "µs/element")
}

// BenchmarkSetLoad is what a change of load costs its caller.
func BenchmarkSetLoad(b *testing.B) {
	n := mustLaunch(b)
	reg := crowd(b, dialUp(b, client.Config{}, n.ASAPAddrs()...), 1)[0]
	for b.Loop() {
		if err := reg.SetLoad(0.5); err != nil {
			b.Fatal(err)
		}
	}
}

// sctpElement is an element of EchoPool that serves over SCTP in UDP, and its client.
func sctpElement(b *testing.B) (*client.Client, *client.Listener) {
	b.Helper()
	n := mustLaunch(b)
	c := dialUp(b, client.Config{}, n.ASAPAddrs()...)
	l, err := c.Listen(at(loopback, 0))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.Register(b.Context(), client.Element{Pool: "EchoPool", Listener: l}); err != nil {
		b.Fatal(err)
	}
	return c, l
}

// BenchmarkSession is one message to an element and its answer, over SCTP in UDP.
func BenchmarkSession(b *testing.B) {
	c, l := sctpElement(b)
	session, err := c.Dial(b.Context(), "EchoPool")
	if err != nil {
		b.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	echoed := make(chan struct{})
	go func() {
		defer close(echoed)
		io.Copy(conn, conn)
	}()
	data := make([]byte, 100)
	for b.Loop() {
		if _, err := session.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(session, data); err != nil {
			b.Fatal(err)
		}
	}
	session.Close()
	conn.Close()
	<-echoed
}

// BenchmarkDial opens a session with an element over SCTP in UDP, beside a hundred
// that are open, and closes it.
func BenchmarkDial(b *testing.B) {
	c, l := sctpElement(b)
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				io.Copy(conn, conn)
				conn.Close()
			})
		}
	})
	dial := func() *client.Session {
		s, err := c.Dial(b.Context(), "EchoPool")
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	var open []*client.Session
	for range 100 {
		open = append(open, dial())
	}
	for b.Loop() {
		dial().Close()
	}
	for _, s := range open {
		s.Close()
	}
	l.Close()
	served.Wait()
}
