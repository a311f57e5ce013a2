package policy_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"rserpool/registrar/index"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// TestMain makes every rapid model run 100,000 steps, unless the command line
// asks for another number or for a short run.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" || f.Name == "rapid.steps" })
	if !given && !testing.Short() {
		for name, value := range map[string]string{"rapid.checks": "1000", "rapid.steps": "100"} {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// fatal is what testing and rapid have in common.
type fatal interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// pool is a set with the members 1, 2, 3, ...
type pool struct {
	policy.Set
	random *rand.Rand
}

func newPool(t wire.PolicyType, values ...policy.Values) *pool {
	m := policy.NewMembers(&index.Nodes{})
	p := &pool{Set: m.NewSet(t), random: rand.New(rand.NewPCG(1, 2))}
	for i, v := range values {
		p.Join(uint32(i+1), v)
	}
	return p
}

// answer is one handle resolution.
func (p *pool) answer(t fatal, limit int) []uint32 {
	t.Helper()
	list := p.Pick(nil, limit, p.random)
	p.Turn(list)
	p.verify(t)
	return list
}

func (p *pool) verify(t fatal) {
	t.Helper()
	if err := p.Verify(); err != nil {
		t.Fatal(err)
	}
}

// firsts are the first members of several answers.
func (p *pool) firsts(t fatal, n int) []uint32 {
	t.Helper()
	var list []uint32
	for range n {
		list = append(list, p.answer(t, 1)...)
	}
	return list
}

func having(list ...uint32) (values []policy.Values) {
	for _, w := range list {
		values = append(values, policy.Values{w})
	}
	return values
}

// percent is a load.
func percent(p float64) uint32 { return uint32(math.Round(p / 100 * math.MaxUint32)) }

func distinct(list []uint32) bool {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return len(slices.Compact(sorted)) == len(list)
}

// chiSquare fails where counts differ from what is expected so much that chance
// does it in 1 of 1,000 runs (Wilson and Hilferty's approximation); the seed is
// fixed, so that a run is like the other.
func chiSquare(t *testing.T, what string, counts map[uint32]int, expected map[uint32]float64) {
	t.Helper()
	sum := 0.0
	for slot, want := range expected {
		if want == 0 && counts[slot] > 0 {
			t.Errorf("%s: member %d came %d times, want never", what, slot, counts[slot])
		}
		if want > 0 {
			sum += (float64(counts[slot]) - want) * (float64(counts[slot]) - want) / want
		}
	}
	df, z := float64(len(expected)-1), 3.0902
	if limit := df * math.Pow(1-2/(9*df)+z*math.Sqrt(2/(9*df)), 3); sum > limit {
		t.Errorf("%s: chi-square is %.1f, at most %.1f; counted %v, expected %v", what, sum, limit, counts, expected)
	}
}
