package whatif_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rserpool/registrar/policy"
	"rserpool/registrar/whatif"
	"rserpool/registrar/wire"
)

// pool reads members from policy specifications; one behind ! has failed.
func pool(t testing.TB, specs ...string) []whatif.Member {
	t.Helper()
	var list []whatif.Member
	for i, spec := range specs {
		fails := spec[0] == '!'
		if fails {
			spec = spec[1:]
		}
		p, err := policy.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, whatif.Member{ID: wire.PEIdentifier(i + 1), Policy: p, Fails: fails})
	}
	return list
}

func TestIdeal(t *testing.T) {
	for _, tt := range []struct {
		id   string
		pool []string
		want []float64
	}{
		{"POL-4.1-02", []string{"rr", "rr", "!rr", "rr", "rr"}, []float64{.25, .25, 0, .25, .25}},
		{"POL-4.2-01", []string{"wrr:5", "wrr:3", "wrr:0", "wrr:2"}, []float64{.5, .3, 0, .2}},
		{"INC-41 weights", []string{"wrand:0", "wrand:0"}, []float64{.5, .5}},
		{"POL-4.5-01", []string{"prio:1", "prio:7", "prio:7"}, []float64{0, .5, .5}},
		{"POL-5.1-01", []string{"lu:30%", "lu:10%", "!lu:0%"}, []float64{0, 1, 0}},
		{"POL-5.3-01", []string{"plu:30%:5%", "plu:10%:30%"}, []float64{1, 0}},
		{"POL-5.4-01", []string{"rlu:60%", "rlu:20%"}, []float64{1. / 3, 2. / 3}},
		{"INC-41 loads", []string{"rlu:100%", "rlu:100%"}, []float64{.5, .5}},
		{"steps", []string{"lud:0%:10%", "lud:0%:20%"}, []float64{2. / 3, 1. / 3}},
		{"no step", []string{"lud:50%:0%", "lud:0%:10%"}, []float64{.995, .005}},
	} {
		t.Run(tt.id, func(t *testing.T) {
			got, ok := whatif.Ideal(pool(t, tt.pool...), 1000)
			if !ok || !slices.EqualFunc(got, tt.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }) {
				t.Errorf("%v is %v (%v), want %v", tt.pool, got, ok, tt.want)
			}
		})
	}
	if _, ok := whatif.Ideal(pool(t, "!rr"), 10); ok {
		t.Error("there is an ideal without anybody")
	}
	if _, ok := whatif.Ideal(pool(t, "wrand-dpf:5"), 10); ok {
		t.Error("there is an ideal for a policy that promises nothing")
	}
}

// What the registrar's code selects is what RFC 5356 promises, in any pool.
func TestRunFits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		short := rapid.SampledFrom([]string{"rr", "wrr:", "rand", "wrand:", "prio:", "lu:", "lud:", "plu:", "rlu:"}).Draw(rt, "policy")
		specs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			spec := short
			switch short {
			case "wrr:", "wrand:", "prio:":
				spec += rapid.SampledFrom([]string{"0", "1", "2", "7"}).Draw(t, "number")
			case "lu:", "rlu:":
				spec += rapid.SampledFrom([]string{"0%", "20%", "100%"}).Draw(t, "load")
			case "lud:", "plu:":
				spec += rapid.SampledFrom([]string{"0%:5%", "20%:1%", "100%:20%", "0%:0%"}).Draw(t, "loads")
			}
			if rapid.IntRange(0, 5).Draw(t, "fails") == 0 {
				spec = "!" + spec
			}
			return spec
		}), 1, 8).Draw(rt, "pool")
		members := pool(t, specs...)
		run, err := whatif.New(members, rapid.Uint64().Draw(rt, "seed"))
		if err != nil {
			rt.Fatal(err)
		}
		run.Select(4000)
		ideal, ok := whatif.Ideal(members, 4000)
		if !ok {
			if run.Done() != 0 {
				rt.Fatalf("%d selections from nobody", run.Done())
			}
			return
		}
		v := whatif.Judge(members, run.Counts(), ideal)
		// Chance is unlikely once in a thousand pools, and rapid finds that one.
		if run.Done() != 4000 || !v.Fits && (!v.ByChance || v.P < 1e-7) {
			rt.Errorf("%v: counts %v, ideal %v, %+v", specs, run.Counts(), ideal, v)
		}
	})
}

func TestJudge(t *testing.T) {
	members := pool(t, "wrand:1", "wrand:1", "wrand:0")
	for _, tt := range []struct {
		counts []int
		fits   bool
		p      float64
	}{
		{[]int{500, 500, 0}, true, 1},
		{[]int{520, 480, 0}, true, .2059},
		{[]int{600, 400, 0}, false, 2.54e-10},
		{[]int{500, 499, 1}, false, .9643},
		{[]int{0, 0, 0}, true, 1},
	} {
		v := whatif.Judge(members, tt.counts, []float64{.5, .5, 0})
		if v.Fits != tt.fits || math.Abs(v.P-tt.p) > tt.p/100 {
			t.Errorf("%v: %+v, want fits %v, p %v", tt.counts, v, tt.fits, tt.p)
		}
	}
	if v := whatif.Judge(pool(t, "rr", "rr"), []int{6, 4}, []float64{.5, .5}); !v.Fits {
		t.Errorf("one more than a round: %+v", v)
	}
	if v := whatif.Judge(pool(t, "rr", "rr"), []int{7, 3}, []float64{.5, .5}); v.Fits || math.Abs(v.Deviation-.2) > 1e-9 {
		t.Errorf("two more than a round: %+v", v)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := whatif.New(pool(t, "rr", "rand"), 1); err == nil {
		t.Error("a pool with two policies")
	}
	twice := pool(t, "rr", "rr")
	twice[1].ID = twice[0].ID
	if _, err := whatif.New(twice, 1); err == nil {
		t.Error("a pool with an element twice")
	}
}

// The same seed gives the same counts.
func TestSeed(t *testing.T) {
	members := pool(t, "wrand:1", "wrand:5", "wrand:2")
	counts := func(seed uint64) []int {
		run, err := whatif.New(members, seed)
		if err != nil {
			t.Fatal(err)
		}
		run.Select(100)
		run.Select(900)
		return run.Counts()
	}
	if a, b, c := counts(4711), counts(4711), counts(4712); !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("%v, %v, and another seed %v", a, b, c)
	}
}

func BenchmarkRun(b *testing.B) {
	run, err := whatif.New(pool(b, "wrand:1", "wrand:5", "wrand:2"), 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		run.Select(1)
	}
}
