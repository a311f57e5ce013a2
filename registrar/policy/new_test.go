package policy_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// A policy made here is the one that its specification reads as.
func TestNew(t *testing.T) {
	tests := []struct {
		spec string
		got  wire.Policy
	}{
		{"rr", policy.RoundRobin()},
		{"wrr:5", policy.WeightedRoundRobin(5)},
		{"rand", policy.Random()},
		{"wrand:0", policy.WeightedRandom(0)},
		{"prio:4294967295", policy.Priority(math.MaxUint32)},
		{"lu:30%", policy.LeastUsed(0.3)},
		{"lu:100%", policy.LeastUsed(1.5)},
		{"lu:0%", policy.LeastUsed(-1)},
		{"lu:0%", policy.LeastUsed(math.NaN())},
		{"lu:100%", policy.LeastUsed(math.Inf(1))},
		{"lud:30%:5%", policy.LeastUsedDegradation(0.3, 0.05)},
		{"plu:30%:5%", policy.PriorityLeastUsed(0.3, 0.05)},
		{"rlu:50%", policy.RandomizedLeastUsed(0.5)},
	}
	for _, test := range tests {
		want, err := policy.Parse(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.spec, diff)
		}
	}
}

func ExampleLeastUsedDegradation() {
	fmt.Println(policy.Spec(policy.LeastUsedDegradation(0.25, 0.05)))
	// Output: lud:25%:5%
}
