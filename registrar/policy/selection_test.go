package policy_test

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

type v = policy.Values

// TestAnswers: what one handle resolution after the other gives.
func TestAnswers(t *testing.T) {
	const max = math.MaxUint32
	type answers = [][]uint32
	tests := []struct {
		name   string
		policy wire.PolicyType
		values []policy.Values
		limit  int
		// change happens before the answer with its index.
		change map[int]func(*pool)
		want   answers
	}{
		{name: "RR in turn", policy: wire.RoundRobin, values: having(0, 0, 0), // POL-4.1-02
			want: answers{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}, {1, 2, 3}}},
		{name: "RR head leaves", policy: wire.RoundRobin, values: having(0, 0, 0), // POL-4.1-03
			change: map[int]func(*pool){1: func(p *pool) { p.Leave(2) }}, want: answers{{1, 2, 3}, {3, 1}, {1, 3}}},
		{name: "RR who joins is last", policy: wire.RoundRobin, values: having(0, 0), // POL-4.1-03
			change: map[int]func(*pool){1: func(p *pool) { p.Join(3, v{}) }}, want: answers{{1, 2}, {2, 1, 3}, {1, 3, 2}}},
		{
			name: "RR registering again keeps the turn", policy: wire.RoundRobin, values: having(0, 0, 0),
			change: map[int]func(*pool){1: func(p *pool) { p.Update(2, v{}) }}, want: answers{{1, 2, 3}, {2, 3, 1}},
		},
		{name: "RR item limit", policy: wire.RoundRobin, values: having(0, 0, 0, 0, 0), limit: 2, // POL-4.1-05
			want: answers{{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 1}}},
		{name: "RR more than there are", policy: wire.RoundRobin, values: having(0, 0), limit: 9, want: answers{{1, 2}, {2, 1}}},

		{name: "WRR of equal weights is RR", policy: wire.WeightedRoundRobin, values: having(1, 1, 1), // POL-4.2-03
			want: answers{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}, {1, 2, 3}}},
		{
			name: "WRR item limit", policy: wire.WeightedRoundRobin, values: having(1, 1, 1, 1, 1), limit: 2,
			want: answers{{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 1}},
		},
		{name: "WRR each once", policy: wire.WeightedRoundRobin, values: having(4, 2), limit: 3, // POL-4.2-06
			want: answers{{1, 2}, {2, 1}, {1, 2}, {1, 2}, {2, 1}, {1, 2}}},
		{name: "WRR weight 0 cannot serve", policy: wire.WeightedRoundRobin, values: having(0, 5), limit: 2, // POL-3-02
			want: answers{{2}, {2}}},
		{name: "WRR all weights 0", policy: wire.WeightedRoundRobin, values: having(0, 0), limit: 2, // POL-3-02
			want: answers{{1, 2}, {2, 1}, {1, 2}}},
		{
			name: "WRR a weight comes and goes", policy: wire.WeightedRoundRobin, values: having(0, 0),
			change: map[int]func(*pool){1: func(p *pool) { p.Update(2, v{9}) }, 2: func(p *pool) { p.Update(2, v{}) }},
			want:   answers{{1, 2}, {2}, {1, 2}},
		},

		{name: "PRIO descending", policy: wire.Priority, values: having(5, 1, 9), want: answers{{3, 1, 2}, {3, 1, 2}}},                  // POL-4.5-01
		{name: "PRIO item limit", policy: wire.Priority, values: having(5, 1, 9), limit: 2, want: answers{{3, 1}, {3, 1}}},              // POL-4.5-01
		{name: "PRIO equals rotate", policy: wire.Priority, values: having(9, 9, 1), want: answers{{1, 2, 3}, {2, 1, 3}}},               // POL-4.5-02
		{name: "PRIO unsigned", policy: wire.Priority, values: having(0, 1, 0x80000000, max), want: answers{{4, 3, 2, 1}}},              // POL-3-01
		{name: "LU ascending", policy: wire.LeastUsed, values: having(percent(50), percent(10), percent(90)), want: answers{{2, 1, 3}}}, // POL-5.1-01
		{name: "LU unsigned", policy: wire.LeastUsed, values: having(max, 0x80000000, 1, 0), want: answers{{4, 3, 2, 1}}},               // POL-3-01
		{name: "LU equals take turns", policy: wire.LeastUsed, values: having(7, 7, 9, 7), limit: 2, // POL-5.1-02
			want: answers{{1, 2}, {2, 4}, {4, 1}, {1, 2}}},
		{name: "LU new load", policy: wire.LeastUsed, values: having(7, 8), // POL-5.1-04
			change: map[int]func(*pool){1: func(p *pool) { p.Update(2, v{}) }}, want: answers{{1, 2}, {2, 1}}},
		{
			name: "LU the same load again keeps the turn", policy: wire.LeastUsed, values: having(7, 7, 7),
			change: map[int]func(*pool){1: func(p *pool) { p.Update(2, v{7}) }}, want: answers{{1, 2, 3}, {2, 3, 1}},
		},

		{name: "LUD degrades", policy: wire.LeastUsedDegradation, limit: 1, // POL-5.2-03
			values: []v{{percent(0), percent(30)}, {percent(50), percent(1)}}, want: answers{{1}, {1}, {2}, {2}}},
		{name: "LUD counts all of an answer", policy: wire.LeastUsedDegradation, limit: 2, // POL-5.2-02
			values: []v{{0, 3}, {1, 3}, {2, 3}}, want: answers{{1, 2}, {3, 1}, {2, 3}}},
		{
			name: "LUD registration resets", policy: wire.LeastUsedDegradation, limit: 1, // POL-5.2-01
			values: []v{{0, 10}, {25, 1}},
			change: map[int]func(*pool){3: func(p *pool) { p.Update(1, v{0, 10}) }}, want: answers{{1}, {1}, {1}, {1}, {1}, {1}, {2}},
		},
		{name: "LUD 64 bits", policy: wire.LeastUsedDegradation, // POL-5.2-04
			values: []v{{max, max}, {1, 0}, {max, 0}}, want: answers{{2, 1, 3}, {2, 3, 1}, {2, 3, 1}}},
		{
			name: "LUD all of equal rank take turns", policy: wire.LeastUsedDegradation, values: []v{{0, 5}, {0, 5}, {0, 5}},
			want: answers{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}},
		},
		{
			name: "LUD some of equal rank take turns", policy: wire.LeastUsedDegradation, values: []v{{0, 5}, {0, 5}, {0, 5}}, limit: 2,
			want: answers{{1, 2}, {3, 1}, {2, 3}, {1, 2}},
		},

		{name: "PLU load and degradation", policy: wire.PriorityLeastUsed, // POL-5.3-01
			values: []v{{percent(50), percent(50)}, {percent(50), percent(10)}}, want: answers{{2, 1}, {2, 1}}},
		{name: "PLU 64 bits", policy: wire.PriorityLeastUsed, // POL-5.3-02
			values: []v{{0x80000000, 0x80000000}, {0x90000000, 0}}, want: answers{{2, 1}}},
		{name: "PLU equal sums take turns", policy: wire.PriorityLeastUsed, values: []v{{1, 3}, {2, 2}, {4, 0}}, // POL-5.3-01
			want: answers{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}}},

		{name: "a carried policy in the order held", policy: 0xb0001003, values: []v{{9}, {1}, {5}}, want: answers{{1, 2, 3}, {1, 2, 3}}}, // POL-7-05
		{name: "nobody", policy: wire.LeastUsed, want: answers{nil, nil}},
		{name: "nobody in WRR", policy: wire.WeightedRoundRobin, want: answers{nil, nil}},
		{name: "nobody in WRAND", policy: wire.WeightedRandom, want: answers{nil, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPool(tt.policy, tt.values...)
			for i, want := range tt.want {
				if tt.change[i] != nil {
					tt.change[i](p)
				}
				if diff := cmp.Diff(want, p.answer(t, tt.limit)); diff != "" {
					t.Errorf("answer %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// POL-4.2-01: the first places are shared exactly by weight.
func TestWeightedRoundRobinShares(t *testing.T) {
	for _, list := range [][]uint32{{1, 2, 3}, {5, 1, 1}, {7, 7, 7, 2}, {1, 1000}, {1}} {
		var total uint32
		for _, w := range list {
			total += w
		}
		p := newPool(wire.WeightedRoundRobin, having(list...)...)
		for turn := range 3 {
			counts := make([]uint32, len(list))
			for _, slot := range p.firsts(t, int(100*total)) {
				counts[slot-1]++
			}
			for i, w := range list {
				if counts[i] != 100*w {
					t.Errorf("weights %v: member %d came first %d times in %d answers, want %d (round %d)", list, i+1, counts[i], 100*total, 100*w, turn)
				}
			}
		}
	}
}

// POL-4.2-02: the entries of one element are spread as evenly as possible.
func TestWeightedRoundRobinSpread(t *testing.T) {
	tests := []struct {
		weights []uint32
		bad     func(round []uint32, i int) bool
		what    string
	}{
		{[]uint32{4, 2}, func(r []uint32, i int) bool {
			return r[i] == 1 && r[(i+1)%len(r)] == 1 && r[(i+2)%len(r)] == 1
		}, "three times member 1 in a row"},
		{[]uint32{2, 2}, func(r []uint32, i int) bool { return r[i] == r[(i+1)%len(r)] }, "twice the same in a row"},
		{[]uint32{5, 1, 1}, func(r []uint32, i int) bool { return r[i] != 1 && r[(i+1)%len(r)] != 1 }, "members 2 and 3 side by side"},
		{[]uint32{1, 1, 4}, func(r []uint32, i int) bool { return r[i] != 3 && r[(i+1)%len(r)] != 3 }, "members 1 and 2 side by side"},
	}
	for _, tt := range tests {
		var total uint32
		for _, w := range tt.weights {
			total += w
		}
		p := newPool(wire.WeightedRoundRobin, having(tt.weights...)...)
		for range 5 {
			round := p.firsts(t, int(total))
			for i := range round {
				if tt.bad(round, i) {
					t.Errorf("weights %v: %s: %v", tt.weights, tt.what, round)
					break
				}
			}
		}
	}
}

// POL-4.2-04: a huge weight costs no more than a small one; where all of a pool
// are asked for, no more than one of 1000, since an answer looks but so far.
func TestWeightedRoundRobinHugeWeights(t *testing.T) {
	const huge = math.MaxUint32
	for _, tt := range []struct {
		small uint32
		limit int
	}{{2, 1}, {1000, 0}} {
		run := func(weight uint32) func() {
			return func() {
				p := newPool(wire.WeightedRoundRobin, having(weight, 1)...)
				for range 100 {
					p.Turn(p.Pick(nil, tt.limit, nil))
				}
				p.Leave(1)
				p.Leave(2)
			}
		}
		if a, b := testing.AllocsPerRun(10, run(huge)), testing.AllocsPerRun(10, run(tt.small)); a > b {
			t.Errorf("answers of at most %d: weight %d takes %v allocations, weight %d takes %v", tt.limit, uint32(huge), a, tt.small, b)
		}
		if a, b := bytesOf(run(huge)), bytesOf(run(tt.small)); a > b {
			t.Errorf("answers of at most %d: weight %d takes %d bytes, weight %d takes %d", tt.limit, uint32(huge), a, tt.small, b)
		}
	}
	p := newPool(wire.WeightedRoundRobin, having(math.MaxUint32, math.MaxUint32, 1)...)
	list := p.firsts(t, 1000)
	list = slices.DeleteFunc(list, func(slot uint32) bool { return slot == 3 })
	if len(list) < 999 {
		t.Errorf("a weight of 1 beside two of 4294967295 came %d times of 1000", 1000-len(list))
	}
	for i, slot := range list {
		if want := uint32(1 + i%2); slot != want {
			t.Fatalf("place %d is of member %d, want %d", i, slot, want)
		}
	}
}

// bytesOf is how many bytes a run allocates, at least: the rest is not its own.
func bytesOf(run func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// every is each policy that selects, and one that is only carried.
var every = []wire.PolicyType{
	wire.RoundRobin, wire.WeightedRoundRobin, wire.Random, wire.WeightedRandom, wire.Priority,
	wire.LeastUsed, wire.LeastUsedDegradation, wire.PriorityLeastUsed, wire.RandomizedLeastUsed, 0xb0001003,
}

// A set from which all have gone is as good as a new one, and a turn of nobody
// does no harm.
func TestSetThatWasEmpty(t *testing.T) {
	for _, typ := range every {
		t.Run(policy.Short(typ), func(t *testing.T) {
			p := newPool(typ)
			for range 2 {
				if list := p.answer(t, 0); len(list) > 0 || p.Len() != 0 {
					t.Errorf("an empty set of %d gives %v", p.Len(), list)
				}
				for slot := range uint32(300) {
					p.Join(slot+1, v{slot % 7, slot % 3})
				}
				p.answer(t, 0)
				p.Turn(nil)
				p.verify(t)
				if p.Len() != 300 {
					t.Errorf("Len is %d, want 300", p.Len())
				}
				for slot := range uint32(300) {
					p.Leave(slot + 1)
				}
			}
			p.Join(1, v{3, 3})
			p.Join(2, v{3, 3})
			if list := p.answer(t, 0); len(list) != 2 {
				t.Errorf("two new members give %v", list)
			}
		})
	}
}

// A member that registers again, joins or leaves between two answers: the circle
// has looked ahead, and takes that back.
func TestWeightedRoundRobinTurnsWithoutAnswer(t *testing.T) {
	asked, plain := newPool(wire.WeightedRoundRobin), newPool(wire.WeightedRoundRobin)
	for i, w := range []uint32{3, 1, 7, 7, 0} {
		asked.Join(uint32(i+1), v{w})
		plain.Join(uint32(i+1), v{w})
	}
	for n := range uint32(90) {
		asked.Pick(nil, 0, nil) // looks ahead as far as it goes
		for _, p := range []*pool{asked, plain} {
			switch n % 9 {
			case 3:
				p.Update(1, v{1 + n%5})
			case 5:
				p.Leave(2)
			case 7:
				p.Join(2, v{1 + n%4})
			}
			p.Turn(nil)
			p.verify(t)
		}
		if a, b := asked.Pick(nil, 1, nil), plain.Pick(nil, 1, nil); !slices.Equal(a, b) {
			t.Fatalf("turn %d: member %v is next, want %v", n, a, b)
		}
	}
}

// POL-4.2-01 POL-3-01: very many very large weights, more entries in a turn of the
// circle than virtual time tells apart.
func TestWeightedRoundRobinHugeSum(t *testing.T) {
	const members, rounds = 1200, 10
	p := newPool(wire.WeightedRoundRobin)
	for slot := range uint32(members) {
		p.Join(slot+1, v{math.MaxUint32 - slot%2*slot/3}) // half of them in one class
	}
	p.Join(members+1, v{1})
	counts := map[uint32]int{}
	for range members * rounds {
		list := p.Pick(nil, 1, nil)
		p.Turn(list)
		counts[list[0]]++
	}
	p.verify(t)
	for slot := range uint32(members) {
		if n := counts[slot+1]; n < rounds-1 || n > rounds+1 {
			t.Errorf("member %d came %d times in %d rounds", slot+1, n, rounds)
		}
	}
	if n := counts[members+1]; n > 1 {
		t.Errorf("the member with weight 1 came %d times", n)
	}
}
