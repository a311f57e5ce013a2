package dtls

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar/transport"
)

// ways are the credentials of two ends for each method.
func ways(b *testing.B) map[string][2]credentials {
	scope := newAuthority(b)
	return map[string][2]credentials{
		"key":         {keyed("a"), keyed("b")},
		"certificate": {scope.member(b, "registrar:1"), scope.member(b, "registrar:2")},
	}
}

func calm() transport.Config {
	c := quick()
	c.Heartbeat = time.Hour
	return c
}

// BenchmarkRoundTrip is one message there and one back.
func BenchmarkRoundTrip(b *testing.B) {
	for way, c := range ways(b) {
		for _, size := range []int{100, 1400, 60000} {
			b.Run(fmt.Sprint(way, "/", size), func(b *testing.B) {
				near, far := connect(b, listen(b, c[0], calm()), listen(b, c[1], calm()))
				go func() {
					for {
						m, err := far.Recv(b.Context())
						if err != nil || far.Send(b.Context(), m) != nil {
							return
						}
					}
				}()
				m := transport.Message{PPID: transport.PPIDASAP, Data: make([]byte, size)}
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
}

// BenchmarkAssociation is the handshakes of DTLS and SCTP, and the memory both ends
// of an association then keep.
func BenchmarkAssociation(b *testing.B) {
	for way, c := range ways(b) {
		b.Run(way, func(b *testing.B) {
			far := listen(b, c[1], calm())
			heap, count := heapInUse(), 0
			for b.Loop() {
				b.StopTimer() // a socket for each
				near := listen(b, c[0], calm())
				b.StartTimer()
				connect(b, near, far)
				count++
			}
			b.ReportMetric(float64(heapInUse()-heap)/float64(count)/1024, "KB/association")
		})
	}
}
