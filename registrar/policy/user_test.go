package policy_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// A private policy whose lists are used at random.
var _ = policy.Register(policy.Rule{
	Type: 0x80000101, Short: "dice", Name: "dice", Title: "Dice", NewSet: policy.Circular, User: policy.AtRandom,
})

// answer is a list of elements with these IDs and, by place, these policies.
func answer(ids []wire.PEIdentifier, policies ...wire.Policy) []wire.PoolElement {
	list := make([]wire.PoolElement, len(ids))
	for i, id := range ids {
		list[i].ID = id
		if i < len(policies) {
			list[i].Policy = policies[i]
		}
	}
	return list
}

func weights(t wire.PolicyType, weights ...uint32) []wire.Policy {
	var list []wire.Policy
	for _, w := range weights {
		list = append(list, wire.Policy{Type: t, Weight: w})
	}
	return list
}

func priorities(priorities ...uint32) []wire.Policy {
	var list []wire.Policy
	for _, p := range priorities {
		list = append(list, wire.Policy{Type: wire.Priority, Priority: p})
	}
	return list
}

func TestChoice(t *testing.T) {
	const fails, none, a, b, c = -1, 0, 1, 2, 3
	abc := []wire.PEIdentifier{a, b, c}
	tests := []struct {
		name    string
		overall wire.PolicyType
		list    []wire.PoolElement
		// want are the IDs in the order of use; fails says that the latest one failed,
		// none that there is nobody left.
		want []int
	}{
		{"round robin", wire.RoundRobin, answer(abc), []int{a, b, c, a, b}},                                                   // POL-4.1-04
		{"default", 0, answer(abc), []int{a, b, c, a}},                                                                        // ASAP-6.3-07
		{"default, priorities inside", 0, answer(abc, priorities(1, 5, 9)...), []int{a, b, c, a}},                             // ASAP-6.3-07
		{"round robin, failure", wire.RoundRobin, answer(abc), []int{a, b, fails, c, a, c}},                                   // POL-4.1-04
		{"round robin, last fails", wire.RoundRobin, answer(abc), []int{a, b, c, fails, a, b, a}},                             // POL-4.1-04
		{"weighted round robin", wire.WeightedRoundRobin, answer([]wire.PEIdentifier{a, b, a}), []int{a, b, a, a, b, a}},      // POL-4.2-05
		{"repeats fail together", wire.WeightedRoundRobin, answer([]wire.PEIdentifier{a, b, a, c}), []int{a, fails, b, c, b}}, // POL-4.2-05
		{"repeats before the turn", wire.WeightedRoundRobin, answer([]wire.PEIdentifier{a, b, a, c}), []int{a, b, a, fails, c, b, c}},
		{"weight 0", wire.WeightedRoundRobin, answer(abc, weights(wire.WeightedRoundRobin, 0, 5, 0)...), []int{b, b, fails, none}},                   // POL-3-02
		{"weights 0", wire.WeightedRoundRobin, answer(abc, weights(wire.WeightedRoundRobin, 0, 0, 0)...), []int{a, b, c, a}},                         // POL-3-02
		{"weights of another policy", wire.WeightedRoundRobin, answer(abc, weights(wire.WeightedRandom, 0, 5, 0)...), []int{a, b, c, a}},             // ASAP-6.3-07
		{"priority", wire.Priority, answer(abc, priorities(5, 9, 1)...), []int{b, b, b, fails, a, a, fails, c, c, fails, none}},                      // POL-4.5-03
		{"equal priorities", wire.Priority, answer(abc, priorities(5, 9, 9)...), []int{b, fails, c, fails, a}},                                       // POL-4.5-03
		{"large priority", wire.Priority, answer(abc, priorities(1, 0xffffffff, 0x7fffffff)...), []int{b, fails, c}},                                 // POL-3-01
		{"least used", wire.LeastUsed, answer(abc), []int{a, a, fails, b, b, fails, c}},                                                              // POL-5.1-03
		{"least used, degradation", wire.LeastUsedDegradation, answer(abc), []int{a, a, fails, b, b}},                                                // POL-5.1-03
		{"priority least used", wire.PriorityLeastUsed, answer(abc), []int{a, a, fails, b, b}},                                                       // POL-5.1-03
		{"unknown", 0x90000001, answer(abc), []int{a, a, fails, b, fails, c, fails, none}},                                                           // POL-7-02
		{"RSPLIB's", 0xb0002003, answer(abc), []int{a, a, fails, b}},                                                                                 // POL-7-02
		{"private weight 0", 0xb0002001, answer(abc, spec(t, "wrand-dpf:0"), spec(t, "wrand-dpf:1"), spec(t, "wrand-dpf:0")), []int{b, fails, none}}, // POL-3-02
		{"all fail", wire.RoundRobin, answer([]wire.PEIdentifier{a, a}), []int{a, fails, none}},
		{"nothing", wire.RoundRobin, nil, []int{none}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := policy.NewChoice(tt.overall, tt.list)
			random := rand.New(rand.NewPCG(1, 2))
			var got []int
			latest := 0
			for _, want := range tt.want {
				if want == fails {
					c.Failed(latest)
					got = append(got, fails)
					continue
				}
				i, ok := c.Next(random)
				if ok != (c.Left() > 0) {
					t.Fatalf("Next gives %v with %d left", ok, c.Left())
				}
				if !ok {
					got = append(got, none)
					continue
				}
				got, latest = append(got, int(tt.list[i].ID)), i
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func spec(t *testing.T, s string) wire.Policy {
	t.Helper()
	p, err := policy.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// critical are the values that chi-square exceeds with a probability of 0.001,
// by degrees of freedom.
var critical = [...]float64{1: 10.828, 2: 13.816, 3: 16.266}

func TestChoiceAtRandom(t *testing.T) {
	abc := []wire.PEIdentifier{1, 2, 3}
	tests := []struct {
		name    string
		overall wire.PolicyType
		list    []wire.PoolElement
		failed  []int
		want    []int // the places among which it is even
	}{
		{"random", wire.Random, answer(abc), nil, []int{0, 1, 2}},                                                                                          // POL-4.3-02
		{"random, failure", wire.Random, answer([]wire.PEIdentifier{1, 2, 1, 3, 4}), []int{2}, []int{1, 3, 4}},                                             // POL-4.3-02
		{"random, repeats", wire.Random, answer([]wire.PEIdentifier{1, 2, 1, 3}), nil, []int{0, 1, 2, 3}},                                                  // POL-4.3-02
		{"weighted random", wire.WeightedRandom, answer(abc, weights(wire.WeightedRandom, 1, 2, 7)...), nil, []int{0, 1, 2}},                               // POL-4.4-03
		{"weighted random, weight 0", wire.WeightedRandom, answer(abc, weights(wire.WeightedRandom, 1, 0, 7)...), nil, []int{0, 2}},                        // POL-3-02
		{"weighted random, weights 0", wire.WeightedRandom, answer(abc, weights(wire.WeightedRandom, 0, 0, 0)...), nil, []int{0, 1, 2}},                    // POL-3-02
		{"randomized least used", wire.RandomizedLeastUsed, answer(abc, spec(t, "rlu:10%"), spec(t, "rlu:50%"), spec(t, "rlu:100%")), nil, []int{0, 1, 2}}, // POL-5.4-03
		{"RSPLIB's", 0xb0001001, answer(abc), nil, []int{0, 1, 2}},
		{"registered", 0x80000101, answer(abc), nil, []int{0, 1, 2}}, // POL-7-03
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n = 10_000
			c := policy.NewChoice(tt.overall, tt.list)
			for _, i := range tt.failed {
				c.Failed(i)
			}
			random := rand.New(rand.NewPCG(1, 2))
			count := make([]int, len(tt.list))
			for range n {
				i, ok := c.Next(random)
				if !ok {
					t.Fatal("nobody to use")
				}
				count[i]++
			}
			sum, expected, chi := 0, n/float64(len(tt.want)), 0.0
			for _, i := range tt.want {
				sum += count[i]
				d := float64(count[i]) - expected
				chi += d * d / expected
			}
			if limit := critical[len(tt.want)-1]; sum != n || chi > limit {
				t.Errorf("used %v, want %v alone and evenly: chi-square %.1f, at most %.1f", count, tt.want, chi, limit)
			}
		})
	}
}

// Whatever the policy and the failures, a choice gives only what is in the list
// and has not failed, and all of it before it gives up.
func TestChoiceAny(t *testing.T) {
	types := []wire.PolicyType{0, wire.RoundRobin, wire.WeightedRoundRobin, wire.Random, wire.WeightedRandom, wire.Priority, wire.LeastUsed, 0x90000001}
	rapid.Check(t, func(t *rapid.T) {
		overall := rapid.SampledFrom(types).Draw(t, "overall")
		ids := rapid.SliceOfN(rapid.Map(rapid.Uint32Range(1, 4), func(n uint32) wire.PEIdentifier { return wire.PEIdentifier(n) }), 0, 8).Draw(t, "ids")
		list := answer(ids, priorities(rapid.SliceOfN(rapid.Uint32(), len(ids), len(ids)).Draw(t, "priorities")...)...)
		c := policy.NewChoice(overall, list)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var failed []wire.PEIdentifier
		for c.Left() > 0 {
			i, ok := c.Next(random)
			if !ok || i < 0 || i >= len(list) || slices.Contains(failed, list[i].ID) {
				t.Fatalf("place %d, %v of %v after failure of %v", i, ok, ids, failed)
			}
			if rapid.Bool().Draw(t, "fails") {
				c.Failed(i)
				failed = append(failed, list[i].ID)
			}
		}
		for _, id := range ids {
			if !slices.Contains(failed, id) {
				t.Fatalf("element %v was never given", id)
			}
		}
		c.Failed(len(list)) // no such place: nothing happens
	})
}
