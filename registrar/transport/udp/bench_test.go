package udp

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"rserpool/registrar/transport"
)

// benchPair returns the ends of an association over the loopback.
func benchPair(b *testing.B) (transport.Association, transport.Association) {
	b.Helper()
	var ends [2]transport.Listener
	for i := range ends {
		l, err := New().Listen(calm())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { l.Close() })
		ends[i] = l
	}
	return benchConnect(b, ends[0], ends[1])
}

func benchConnect(b *testing.B, la, lb transport.Listener) (transport.Association, transport.Association) {
	b.Helper()
	s, err := la.Dial(b.Context(), transport.Address{Addrs: []netip.Addr{loopback}, Port: lb.Addrs()[0].Port()})
	if err != nil {
		b.Fatal(err)
	}
	r, err := lb.Accept(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return s, r
}

// BenchmarkRoundTrip is one message there and one back.
func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{100, 1400, 60000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			near, far := benchPair(b)
			go func() {
				for {
					m, err := far.Recv(b.Context())
					if err != nil || far.Send(b.Context(), m) != nil {
						return
					}
				}
			}()
			m := transport.Message{PPID: 11, Data: make([]byte, size)}
			for b.Loop() {
				if err := near.Send(b.Context(), m); err != nil {
					b.Fatal(err)
				}
				if _, err := near.Recv(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOneWay is messages as fast as they go in one direction.
func BenchmarkOneWay(b *testing.B) {
	const last = 99 // the PPID of the message that ends the run
	for _, size := range []int{100, 1400} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			near, far := benchPair(b)
			b.SetBytes(int64(size))
			read := make(chan error, 1)
			go func() {
				for {
					m, err := far.Recv(b.Context())
					if err != nil || m.PPID == last {
						read <- err
						return
					}
				}
			}()
			m := transport.Message{PPID: 11, Data: make([]byte, size)}
			for b.Loop() {
				if err := near.Send(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
			m.PPID = last
			if err := near.Send(b.Context(), m); err != nil {
				b.Fatal(err)
			}
			if err := <-read; err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkAssociation is a handshake, and the memory one end then keeps, with
// one socket for each second end.
func BenchmarkAssociation(b *testing.B) {
	l, err := New().Listen(func() transport.Config {
		c := calm()
		c.MaxAssociations = 1 << 20
		return c
	}())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	n := 0
	for b.Loop() {
		near, err := New().Listen(calm())
		if err != nil {
			b.Fatal(err)
		}
		defer near.Close()
		benchConnect(b, near, l)
		n++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse
	b.ReportMetric(float64(held)/float64(2*n), "bytes/end")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/float64(2*n), "goroutines/end")
}
