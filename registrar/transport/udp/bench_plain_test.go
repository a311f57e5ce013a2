package udp

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"rserpool/registrar/transport/datagram"
)

// BenchmarkPlainUDP is BenchmarkRoundTrip without SCTP: one datagram there and
// one back, between two goroutines of one process.
func BenchmarkPlainUDP(b *testing.B) {
	for _, size := range []int{100, 1400} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			near, far := plainSocket(b), plainSocket(b)
			go func() {
				buffer := make([]byte, datagram.MaxSize)
				for {
					n, from, err := far.ReadFromUDPAddrPort(buffer)
					if err != nil {
						return
					}
					if _, err := far.WriteToUDPAddrPort(buffer[:n], from); err != nil {
						return
					}
				}
			}()
			to := far.LocalAddr().(*net.UDPAddr).AddrPort()
			out, in := make([]byte, size), make([]byte, datagram.MaxSize)
			for b.Loop() {
				if _, err := near.WriteToUDPAddrPort(out, to); err != nil {
					b.Fatal(err)
				}
				if _, _, err := near.ReadFromUDPAddrPort(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func plainSocket(b *testing.B) *net.UDPConn {
	b.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return conn
}
