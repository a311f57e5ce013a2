package handlespace_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// shape is how many pools there are and how many elements in each.
type shape struct{ pools, elements int }

func (s shape) String() string { return fmt.Sprintf("%dx%d", s.pools, s.elements) }

func (s shape) size() int { return s.pools * s.elements }

var shapes = []shape{{1, 10}, {1, 1_000}, {1, 100_000}, {1_000, 100}, {10_000, 10}, {1, 1_000_000}}

// values draws the parameters of a policy as elements would have them: small
// weights and priorities, any load, degradations of up to a hundredth.
var values = []struct {
	name string
	draw func(r *rand.Rand) wire.Policy
}{
	{"RoundRobin", func(*rand.Rand) wire.Policy { return wire.Policy{Type: wire.RoundRobin} }},
	{"WeightedRoundRobin", func(r *rand.Rand) wire.Policy {
		return wire.Policy{Type: wire.WeightedRoundRobin, Weight: 1 + r.Uint32N(100)}
	}},
	{"Random", func(*rand.Rand) wire.Policy { return wire.Policy{Type: wire.Random} }},
	{"WeightedRandom", func(r *rand.Rand) wire.Policy {
		return wire.Policy{Type: wire.WeightedRandom, Weight: 1 + r.Uint32N(100)}
	}},
	{"Priority", func(r *rand.Rand) wire.Policy { return wire.Policy{Type: wire.Priority, Priority: r.Uint32N(100)} }},
	{"LeastUsed", func(r *rand.Rand) wire.Policy { return wire.Policy{Type: wire.LeastUsed, Load: r.Uint32()} }},
	{"LeastUsedDegradation", func(r *rand.Rand) wire.Policy {
		return wire.Policy{Type: wire.LeastUsedDegradation, Load: r.Uint32(), Degradation: r.Uint32() / 100}
	}},
	{"PriorityLeastUsed", func(r *rand.Rand) wire.Policy {
		return wire.Policy{Type: wire.PriorityLeastUsed, Load: r.Uint32(), Degradation: r.Uint32() / 100}
	}},
	{"RandomizedLeastUsed", func(r *rand.Rand) wire.Policy {
		return wire.Policy{Type: wire.RandomizedLeastUsed, Load: r.Uint32()}
	}},
}

// load is a handlespace and what is registered there.
type load struct {
	*handlespace.Handlespace
	random   *rand.Rand
	draw     func(r *rand.Rand) wire.Policy
	handles  []wire.PoolHandle
	elements []wire.PoolElement
	// order is a random one of the elements.
	order []int
	list  []handlespace.Entry
	now   time.Time
	pools int
}

const home = 0x0a000001

func newLoad(s shape, draw func(r *rand.Rand) wire.Policy) *load {
	l := &load{random: rand.New(rand.NewPCG(1, 2)), draw: draw, now: start, pools: s.pools}
	for i := range s.pools {
		l.handles = append(l.handles, wire.PoolHandle(fmt.Sprintf("pool-%08d", i))) // 13 bytes
	}
	for i := range s.size() {
		host := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		l.elements = append(l.elements, wire.PoolElement{
			ID: wire.PEIdentifier(l.random.Uint32()), HomeServer: home, Life: 300, Policy: draw(l.random),
			UserTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 7, Addresses: []netip.Addr{host}},
			ASAPTransport: wire.Transport{Type: wire.TypeSCTPTransport, Port: 3863, Addresses: []netip.Addr{host}},
		})
	}
	l.order = l.random.Perm(s.size())
	l.Handlespace = handlespace.New(rand.NewPCG(3, 4))
	return l
}

func (l *load) handle(i int) wire.PoolHandle { return l.handles[i%l.pools] }

func (l *load) put(i int) {
	l.now = l.now.Add(time.Microsecond)
	if _, err := l.Put(l.handle(i), l.elements[i], l.now.Add(300*time.Second)); err != nil {
		panic(err)
	}
}

func (l *load) fill() {
	for i := range l.elements {
		l.put(i)
	}
}

func (l *load) drop(i int) {
	if e, ok := l.Find(l.handle(i), l.elements[i].ID); ok {
		l.Drop(e)
	}
}

// rounds times an operation in rounds of up to all elements; what comes before
// and behind each round is left out.
func (l *load) rounds(b *testing.B, before, one, behind func(i int)) {
	var spent time.Duration
	for done := 0; done < b.N; {
		n := min(len(l.order), b.N-done)
		for _, i := range l.order[:n] {
			before(i)
		}
		begin := time.Now()
		for _, i := range l.order[:n] {
			one(i)
		}
		spent += time.Since(begin)
		for _, i := range l.order[:n] {
			behind(i)
		}
		done += n
	}
	b.ReportMetric(float64(spent)/float64(b.N), "ns/op")
}

func nothing(int) {}

func (l *load) any() int { return int(l.random.Uint32N(uint32(len(l.elements)))) }

// operations begin with all elements registered, unless they are rounds of their
// own, and leave them so.
var operations = []struct {
	name string
	run  func(b *testing.B, l *load)
}{
	{"register", func(b *testing.B, l *load) { l.rounds(b, l.drop, l.put, nothing) }},
	{"deregister", func(b *testing.B, l *load) { l.rounds(b, nothing, l.drop, l.put) }},
	{"reregister", func(b *testing.B, l *load) {
		for b.Loop() {
			i := l.any()
			l.elements[i].Policy = l.draw(l.random)
			l.put(i)
		}
	}},
	{"refresh", func(b *testing.B, l *load) {
		for b.Loop() {
			l.put(l.any())
		}
	}},
	{"resolve1", func(b *testing.B, l *load) { l.resolve(b, 1) }},
	{"resolve3", func(b *testing.B, l *load) { l.resolve(b, 3) }},
	{"takeover", func(b *testing.B, l *load) {
		expires := func(handlespace.Entry) time.Time { return l.now }
		var spent time.Duration
		done := 0
		for begin := time.Now(); done < b.N; { // there and back
			done += l.Takeover(home, home+1, expires) + l.Takeover(home+1, home, expires)
			spent = time.Since(begin)
		}
		b.ReportMetric(float64(spent)/float64(done), "ns/op")
	}},
	{"table128", func(b *testing.B, l *load) {
		var at handlespace.Position
		done, begin := 0, time.Now()
		for done < b.N {
			n := 0
			for e := range l.Table(at, 0) {
				if n++; n == 128 {
					at = e.Position()
					break
				}
			}
			if n < 128 {
				at = handlespace.Position{}
			}
			done += n
		}
		b.ReportMetric(float64(time.Since(begin))/float64(done), "ns/op")
	}},
	{"checksum", func(b *testing.B, l *load) {
		for b.Loop() {
			l.Checksum(home)
		}
	}},
}

func (l *load) resolve(b *testing.B, limit int) {
	for b.Loop() {
		handle := l.handles[0]
		if l.pools > 1 {
			handle = l.handles[l.random.IntN(l.pools)]
		}
		_, list, ok := l.Resolve(handle, limit, l.list[:0])
		if !ok || len(list) != limit {
			b.Fatalf("resolved %d elements, want %d", len(list), limit)
		}
		l.list = list
	}
}

// BenchmarkHandlespace measures each operation under each policy, by itself: its
// time in takeover and table128 is that of one element.
func BenchmarkHandlespace(b *testing.B) {
	for _, s := range shapes {
		for _, p := range values {
			var l *load
			for _, op := range operations {
				b.Run(op.name+"/"+p.name+"/"+s.String(), func(b *testing.B) {
					if l == nil {
						l = newLoad(s, p.draw)
						l.fill()
					}
					b.ReportAllocs()
					b.ResetTimer()
					op.run(b, l)
				})
			}
		}
	}
}
