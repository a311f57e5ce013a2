package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

func TestNames(t *testing.T) {
	tests := []struct {
		t                  wire.PolicyType
		name, short, title string
	}{
		{wire.RoundRobin, "round_robin", "rr", "Round robin"},
		{wire.WeightedRoundRobin, "weighted_round_robin", "wrr", "Weighted round robin"},
		{wire.Random, "random", "rand", "Random"},
		{wire.WeightedRandom, "weighted_random", "wrand", "Weighted random"},
		{wire.Priority, "priority", "prio", "Priority"},
		{wire.LeastUsed, "least_used", "lu", "Least used"},
		{wire.LeastUsedDegradation, "least_used_degradation", "lud", "Least used, degradation"},
		{wire.PriorityLeastUsed, "priority_least_used", "plu", "Priority least used"},
		{wire.RandomizedLeastUsed, "randomized_least_used", "rlu", "Randomized least used"},
		{0xb0001001, "randomized_priority_least_used", "rplu", "Randomized priority least used"},
		{0xb0001002, "randomized_least_used_degradation", "rlud", "Randomized least used, degradation"},
		{0xb0001003, "priority_least_used_degradation", "plud", "Priority least used, degradation"},
		{0xb0001004, "randomized_priority_least_used_degradation", "rplud", "Randomized priority least used, degradation"},
		{0xb0002001, "weighted_random_dpf", "wrand-dpf", "Weighted random, distance"},
		{0xb0002002, "least_used_dpf", "lu-dpf", "Least used, distance"},
		{0xb0002003, "least_used_degradation_dpf", "lud-dpf", "Least used, degradation, distance"},
		{0xb0002004, "0xb0002004", "0xb0002004", "0xb0002004"},
		{0x80000101, "dice", "dice", "Dice"},          // POL-7-03
		{0x80000100, "cheapest", "cheap", "Cheapest"}, // POL-7-03
		{0x80000001, "0x80000001", "0x80000001", "0x80000001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := [...]string{policy.Name(tt.t), policy.Short(tt.t), policy.Title(tt.t)}
			if want := [...]string{tt.name, tt.short, tt.title}; got != want {
				t.Errorf("have %q, want %q", got, want)
			}
		})
	}
}

// Every name of a policy is its own, in all spellings that Parse takes.
func TestNamesDiffer(t *testing.T) {
	for _, typ := range allTypes {
		rule := policy.RuleOf(typ)
		for _, name := range []string{rule.Short, rule.Name} {
			for range rule.Fields {
				name += ":1"
			}
			if p, err := policy.Parse(name); err != nil || p.Type != typ {
				t.Errorf("%q is %v, %v, want %v", name, p.Type, err, typ)
			}
		}
	}
}

func TestFields(t *testing.T) {
	tests := []struct {
		p    wire.Policy
		want [][3]string // name, key and text
		ok   bool
	}{
		{wire.Policy{Type: wire.RoundRobin}, nil, true},
		{wire.Policy{Type: wire.Random}, nil, true},
		{wire.Policy{Type: wire.WeightedRoundRobin, Weight: 4294967295}, [][3]string{{"weight", "weight", "4294967295"}}, true},
		{wire.Policy{Type: wire.WeightedRandom}, [][3]string{{"weight", "weight", "0"}}, true},
		{wire.Policy{Type: wire.Priority, Priority: 7}, [][3]string{{"priority", "priority", "7"}}, true},
		{wire.Policy{Type: wire.LeastUsed, Load: 0x40000000}, [][3]string{{"load", "load", "25%"}}, true},
		{wire.Policy{Type: wire.RandomizedLeastUsed, Load: 0xffffffff}, [][3]string{{"load", "load", "100%"}}, true},
		{
			wire.Policy{Type: wire.LeastUsedDegradation, Load: 0x40000000, Degradation: 0x80000000},
			[][3]string{{"load", "load", "25%"}, {"degradation", "load_degradation", "50%"}},
			true,
		},
		{
			wire.Policy{Type: wire.PriorityLeastUsed, Degradation: 0x40000000},
			[][3]string{{"load", "load", "0%"}, {"degradation", "load_degradation", "25%"}},
			true,
		},
		{raw(0xb0001004, 0x40000000, 0), [][3]string{{"load", "load", "25%"}, {"degradation", "load_degradation", "0%"}}, true},
		{
			raw(0xb0002001, 3, 0x40000000, 50),
			[][3]string{{"weight", "weight", "3"}, {"dpf", "dpf", "25%"}, {"distance", "distance_milliseconds", "50 ms"}},
			true,
		},
		{
			raw(0xb0002003, 0x40000000, 0, 0xffffffff, 1),
			[][3]string{{"load", "load", "25%"}, {"degradation", "load_degradation", "0%"}, {"dpf", "dpf", "100%"}, {"distance", "distance_milliseconds", "1 ms"}},
			true,
		},
		{raw(0x80000100, 9, 1), [][3]string{{"price", "price", "9"}, {"delay", "delay_milliseconds", "1 ms"}}, true}, // POL-7-03
		{raw(0xb0001004, 0x40000000), nil, false},
		{raw(0xb0001004, 0x40000000, 0, 0), nil, false},
		{wire.Policy{Type: 0xb0001004, Raw: "1234567"}, nil, false},
		{wire.Policy{Type: 0xb0001004}, nil, false},
		{raw(0x80000001, 1), nil, false},
		{wire.Policy{Type: 0x80000001}, nil, false},
		{wire.Policy{}, nil, false},
	}
	for _, tt := range tests {
		t.Run(policy.Spec(tt.p), func(t *testing.T) {
			fields, ok := policy.Fields(tt.p)
			var got [][3]string
			for _, v := range fields {
				got = append(got, [3]string{v.Name, v.Key(), v.String()})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != tt.ok {
				t.Errorf("ok %v, want %v (-want +got):\n%s", ok, tt.ok, diff)
			}
		})
	}
}

func TestWithLoad(t *testing.T) {
	tests := []struct {
		spec, want string
		ok         bool
	}{
		{"lu", "lu:25%", true},
		{"rlu:100%", "rlu:25%", true},
		{"lud:1:50%", "lud:25%:50%", true},
		{"plu:25%:25%", "plu:25%:25%", true},
		{"rplu:1:50%", "rplu:25%:50%", true},
		{"lud-dpf:1:50%:100%:7ms", "lud-dpf:25%:50%:100%:7ms", true},
		{"rr", "rr", false},
		{"wrr:5", "wrr:5", false},
		{"prio:5", "prio:5", false},
		{"wrand-dpf:5:25%", "wrand-dpf:5:25%:0ms", false},
		{"0x80000001:00000000", "0x80000001:00000000", false},
		{"0xb0001001:00", "0xb0001001:00", false},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			p, ok := policy.WithLoad(spec(t, tt.spec), 0x40000000)
			if got := policy.Spec(p); got != tt.want || ok != tt.ok {
				t.Errorf("%s, %v, want %s, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestSelects(t *testing.T) {
	want := map[wire.PolicyType]bool{0x80000100: true, 0x80000101: true} // POL-7-03
	for _, typ := range allTypes {
		want[typ] = want[typ] || typ.Defined() // POL-7-01
	}
	want[0x80000001], want[0xb0002004], want[0] = false, false, false
	for typ, want := range want {
		if got := policy.Selects(typ); got != want {
			t.Errorf("%v: %v, want %v", typ, got, want)
		}
	}
}

func TestRegisterRefuses(t *testing.T) {
	tests := []struct {
		name string
		rule policy.Rule
	}{
		{"type 0", policy.Rule{Short: "mine", Name: "mine"}},
		{"reserved type", policy.Rule{Type: 0x40000000, Short: "mine", Name: "mine"}},
		{"RFC 5356's type", policy.Rule{Type: wire.Priority, Short: "mine", Name: "mine"}},
		{"RSPLIB's type", policy.Rule{Type: 0xb0001001, Short: "mine", Name: "mine"}},
		{"short name", policy.Rule{Type: 0x80000099, Short: "rr", Name: "mine"}},
		{"name", policy.Rule{Type: 0x80000099, Short: "mine", Name: "least_used"}},
		{"name that Parse takes for another's", policy.Rule{Type: 0x80000099, Short: "mine", Name: "Round-Robin"}},
		{"short name that is another's name", policy.Rule{Type: 0x80000099, Short: "WeightedRandomDPF", Name: "mine"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("Register took it")
				}
			}()
			policy.Register(tt.rule)
		})
	}
}
