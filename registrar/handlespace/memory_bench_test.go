package handlespace_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// filled is a handlespace of a shape whose elements have one IPv4 user transport
// and one ASAP transport, and nothing else that stays.
func filled(b *testing.B, s shape, draw func(r *rand.Rand) wire.Policy) *handlespace.Handlespace {
	b.Helper()
	h := handlespace.New(rand.NewPCG(3, 4))
	random := rand.New(rand.NewPCG(1, 2))
	addr := make([]netip.Addr, 1)
	for i := range s.size() {
		addr[0] = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		e := wire.PoolElement{
			ID: wire.PEIdentifier(random.Uint32()), HomeServer: home, Life: 300, Policy: draw(random),
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: addr},
			ASAPTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 3863, Addresses: addr},
		}
		handle := wire.PoolHandle(fmt.Sprintf("pool-%08d", i%s.pools))
		if _, err := h.Put(handle, e, start.Add(time.Duration(i)*time.Microsecond)); err != nil {
			b.Fatal(err)
		}
	}
	return h
}

// resident is the process's resident set in bytes; 0 where nobody tells.
func resident() int {
	var size, pages int
	b, _ := os.ReadFile("/proc/self/statm")
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		return 0
	}
	return pages * os.Getpagesize()
}

func heap() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// BenchmarkMemory registers elements and gives what each costs: of the heap after
// a collection, and of the resident set before one, as operators see it.
func BenchmarkMemory(b *testing.B) {
	for _, p := range values {
		for _, s := range shapes {
			if s.size() < 100_000 {
				continue // pages are coarser than that
			}
			b.Run(p.name+"/"+s.String(), func(b *testing.B) {
				for range b.N {
					debug.FreeOSMemory()
					before, beforeHeap := resident(), heap()
					h := filled(b, s, p.draw)
					b.ReportMetric(float64(resident()-before)/float64(h.Len()), "rss-B/element")
					runtime.GC()
					b.ReportMetric(float64(heap()-beforeHeap)/float64(h.Len()), "heap-B/element")
					runtime.KeepAlive(h)
				}
			})
		}
	}
}

// BenchmarkGC forces collections beside a million elements and gives the CPU time
// of one.
func BenchmarkGC(b *testing.B) {
	h := filled(b, shape{1, 1_000_000}, values[0].draw)
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	spent := func() float64 {
		metrics.Read(sample)
		return sample[0].Value.Float64()
	}
	runtime.GC()
	before := spent()
	b.ResetTimer()
	for range b.N {
		runtime.GC()
	}
	b.ReportMetric(1000*(spent()-before)/float64(b.N), "cpu-ms/gc")
	runtime.KeepAlive(h)
}

// BenchmarkLatency plays 100,000 resolutions a second at random times against one
// pool of 100,000, alone and beside 10,000 re-registrations a second, in one queue
// as a registrar has it. A latency is the wait for what came before and the
// operation itself, whose time is real.
func BenchmarkLatency(b *testing.B) {
	for _, p := range values {
		for _, rate := range []int{0, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", p.name, rate), func(b *testing.B) {
				l := newLoad(shape{1, 100_000}, p.draw)
				l.fill()
				var took []time.Duration
				var resolution, registration, free time.Duration
				wait := func(perSecond int) time.Duration {
					return time.Duration(l.random.ExpFloat64() * float64(time.Second) / float64(perSecond))
				}
				serve := func(at time.Duration, f func()) time.Duration {
					begin := time.Now()
					f()
					free = max(free, at) + time.Since(begin)
					return free - at
				}
				registration = time.Hour
				if rate > 0 {
					registration = wait(rate)
				}
				b.ResetTimer()
				for range b.N {
					for resolution += wait(100_000); registration < resolution; registration += wait(rate) {
						i := l.any()
						l.elements[i].Policy = l.draw(l.random)
						serve(registration, func() { l.put(i) })
					}
					took = append(took, serve(resolution, func() {
						_, l.list, _ = l.Resolve(l.handles[0], 3, l.list[:0])
					}))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
				b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
			})
		}
	}
}
