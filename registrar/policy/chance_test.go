package policy_test

import (
	"math"
	"testing"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// TestChances counts who is drawn first in 20,000 answers, and who second.
func TestChances(t *testing.T) {
	const answers = 20_000
	tests := []struct {
		name   string
		policy wire.PolicyType
		values []policy.Values
		limit  int
		// chance is each member's weight in what is expected.
		chance []float64
	}{
		{"RAND", wire.Random, having(0, 9, 0, 1, 0, 0, 0, 0, 0, 0), 3, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}, // POL-4.3-01
		{"WRAND", wire.WeightedRandom, having(1, 2, 7), 1, []float64{1, 2, 7}},                                  // POL-4.4-01
		{"WRAND all listed", wire.WeightedRandom, having(1, 2, 7), 3, []float64{1, 2, 7}},                       // POL-4.4-01
		{"WRAND of equal weights", wire.WeightedRandom, having(1, 1, 1, 1, 1), 2, []float64{1, 1, 1, 1, 1}},     // POL-4.4-02
		{"WRAND of equal large weights", wire.WeightedRandom, having(77, 77, 77), 2, []float64{1, 1, 1}},
		{"WRAND 64-bit sum", wire.WeightedRandom, having(math.MaxUint32, math.MaxUint32, math.MaxUint32, 1<<31), 2, []float64{2, 2, 2, 1}},
		{"WRAND weight 0 cannot serve", wire.WeightedRandom, having(0, 5), 1, []float64{0, 1}},        // POL-3-02
		{"WRAND weight 0 cannot serve in two", wire.WeightedRandom, having(0, 5), 2, []float64{0, 1}}, // POL-3-02
		{"WRAND all weights 0", wire.WeightedRandom, having(0, 0), 1, []float64{1, 1}},                // POL-3-02
		{"RLU", wire.RandomizedLeastUsed, having(0, percent(50)), 1, []float64{2, 1}},                 // POL-5.4-01
		{"RLU shares", wire.RandomizedLeastUsed, having(percent(10), percent(30), percent(60)), 2, []float64{9, 7, 4}},
		{"RLU all loaded", wire.RandomizedLeastUsed, having(math.MaxUint32, math.MaxUint32, math.MaxUint32), 3, []float64{1, 1, 1}}, // POL-5.4-02
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPool(tt.policy, tt.values...)
			sum, serving := 0.0, 0
			for _, c := range tt.chance {
				sum += c
				if c > 0 {
					serving++
				}
			}
			first, second := map[uint32]int{}, map[uint32]int{}
			for range answers {
				list := p.answer(t, tt.limit)
				if len(list) != min(tt.limit, serving) || !distinct(list) {
					t.Fatalf("answer of at most %d is %v", tt.limit, list)
				}
				first[list[0]]++
				if len(list) > 1 {
					second[list[1]]++
				}
			}
			wantFirst, wantSecond := map[uint32]float64{}, map[uint32]float64{}
			for i, a := range tt.chance {
				wantFirst[uint32(i+1)] = answers * a / sum
				for j, b := range tt.chance {
					if i != j && b > 0 && min(tt.limit, serving) > 1 { // j came before i
						wantSecond[uint32(i+1)] += answers * b / sum * a / (sum - b)
					}
				}
			}
			chiSquare(t, "first places", first, wantFirst)
			chiSquare(t, "second places", second, wantSecond)
		})
	}
}

// The chances follow the members and weights there are at the moment.
func TestChancesAfterChanges(t *testing.T) {
	p := newPool(wire.WeightedRandom, having(5, 1000, 1, 70_000, 3)...)
	p.Update(2, policy.Values{10})
	p.Leave(4)
	p.Join(4, policy.Values{20})
	p.Leave(5)
	p.Update(3, policy.Values{0})
	p.Join(6, policy.Values{5})
	first := map[uint32]int{}
	for range 20_000 {
		first[p.answer(t, 2)[0]]++
	}
	chiSquare(t, "first places", first, map[uint32]float64{1: 2500, 2: 5000, 3: 0, 4: 10_000, 6: 2500})
}

// POL-7-04: two registrars do not share heads, counters or chance.
func TestSetsAreIndependent(t *testing.T) {
	for _, typ := range []wire.PolicyType{wire.RoundRobin, wire.WeightedRoundRobin, wire.LeastUsed, wire.LeastUsedDegradation} {
		one, other := newPool(typ, having(1, 1, 1)...), newPool(typ, having(1, 1, 1)...)
		one.answer(t, 1)
		if a, b := one.answer(t, 1)[0], other.answer(t, 1)[0]; a != 2 || b != 1 {
			t.Errorf("%s: heads are %d and %d, want 2 and 1", policy.Short(typ), a, b)
		}
	}
}
