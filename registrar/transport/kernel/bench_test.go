//go:build linux && !386

package kernel

import (
	"fmt"
	"testing"

	"rserpool/registrar/transport"
)

// benchPair returns the ends of an association over the loopback.
func benchPair(b *testing.B) (near, far transport.Association) {
	b.Helper()
	if err := Available(); err != nil {
		b.Skip(err)
	}
	var ends [2]transport.Listener
	for i := range ends {
		l, err := New().Listen(transport.Config{Local: transport.Address{Addrs: parse("127.0.0.1")}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { l.Close() })
		ends[i] = l
	}
	near, err := ends[0].Dial(b.Context(), transport.Address{Addrs: parse("127.0.0.1"), Port: ends[1].Addrs()[0].Port()})
	if err != nil {
		b.Fatal(err)
	}
	if far, err = ends[1].Accept(b.Context()); err != nil {
		b.Fatal(err)
	}
	return near, far
}

// BenchmarkRoundTrip is one message there and one back, with so many under way.
func BenchmarkRoundTrip(b *testing.B) {
	for _, c := range []struct{ size, depth int }{{100, 1}, {100, 32}, {1400, 1}, {60000, 1}} {
		b.Run(fmt.Sprintf("%d bytes, depth %d", c.size, c.depth), func(b *testing.B) {
			near, far := benchPair(b)
			go func() {
				for {
					m, err := far.Recv(b.Context())
					if err != nil || far.Send(b.Context(), m) != nil {
						return
					}
				}
			}()
			m := transport.Message{PPID: transport.PPIDASAP, Data: make([]byte, c.size)}
			b.ReportAllocs()
			for sent, n := 0, 0; b.Loop(); n++ {
				for ; sent < n+c.depth; sent++ {
					if err := near.Send(b.Context(), m); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := near.Recv(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
