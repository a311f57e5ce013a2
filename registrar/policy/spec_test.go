package policy_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

func TestParse(t *testing.T) {
	tests := []struct {
		spec string
		want wire.Policy
		back string // what Spec gives
	}{
		{"rr", wire.Policy{Type: wire.RoundRobin}, "rr"},
		{"RoundRobin", wire.Policy{Type: wire.RoundRobin}, "rr"},
		{" round_robin ", wire.Policy{Type: wire.RoundRobin}, "rr"},
		{"wrr:5", wire.Policy{Type: wire.WeightedRoundRobin, Weight: 5}, "wrr:5"},
		{"WeightedRoundRobin:4294967295", wire.Policy{Type: wire.WeightedRoundRobin, Weight: 4294967295}, "wrr:4294967295"},
		{"rand", wire.Policy{Type: wire.Random}, "rand"},
		{"Random", wire.Policy{Type: wire.Random}, "rand"},
		{"wrand:0", wire.Policy{Type: wire.WeightedRandom}, "wrand:0"},
		{"prio:7", wire.Policy{Type: wire.Priority, Priority: 7}, "prio:7"},
		{"lu:30%", wire.Policy{Type: wire.LeastUsed, Load: 0x4ccccccd}, "lu:30%"},
		{"lu", wire.Policy{Type: wire.LeastUsed}, "lu:0%"},
		{"LeastUsed:0.25", wire.Policy{Type: wire.LeastUsed, Load: 0x40000000}, "lu:25%"},
		{"lud:30%:5%", wire.Policy{Type: wire.LeastUsedDegradation, Load: 0x4ccccccd, Degradation: 0x0ccccccd}, "lud:30%:5%"},
		{"LeastUsedDegradation:1", wire.Policy{Type: wire.LeastUsedDegradation, Load: 0xffffffff}, "lud:100%:0%"},
		{"plu:30%:5%", wire.Policy{Type: wire.PriorityLeastUsed, Load: 0x4ccccccd, Degradation: 0x0ccccccd}, "plu:30%:5%"},
		{"rlu:100%", wire.Policy{Type: wire.RandomizedLeastUsed, Load: 0xffffffff}, "rlu:100%"},
		{"0xb0001003:00ff", wire.Policy{Type: 0xb0001003, Raw: "\x00\xff"}, "0xb0001003:00ff"},
		{"0x80000001", wire.Policy{Type: 0x80000001}, "0x80000001"},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			got, err := policy.Parse(tt.spec)
			if err != nil || got != tt.want {
				t.Errorf("Parse gives %+v, %v, want %+v", got, err, tt.want)
			}
			if back := policy.Spec(got); back != tt.back {
				t.Errorf("Spec gives %q, want %q", back, tt.back)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ spec, says string }{
		{"", "want one of rr, wrr,"},
		{"rrr", "want one of rr, wrr,"},
		{"rr:", "nothing is expected"},
		{"rr:1", "nothing is expected"},
		{"wrr", "as in wrr:5"},
		{"wrr:", "want a weight from 0"},
		{"wrr:-1", "want a weight from 0"},
		{"wrr:4294967296", "want a weight from 0"},
		{"wrr:5%", "want a weight from 0"},
		{"prio:high", "want a priority from 0"},
		{"lu:101%", "want a load from 0%"},
		{"lu:1.1", "want a load from 0%"},
		{"lu:NaN", "want a load from 0%"},
		{"lu:", "want a load from 0%"},
		{"lud:1%:-1%", "want a degradation from 0%"},
		{"lu:1%:1%", "nothing is expected"},
		{"0x00000000", "neither defines nor reserves"},
		{"0x40000000", "neither defines nor reserves"},
		{"0x00000001", "neither defines nor reserves"},
		{"0x1ffffffff", "neither defines nor reserves"},
		{"0x80000001:0g", "hex digits"},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			p, err := policy.Parse(tt.spec)
			var bad *policy.SpecError
			if !errors.As(err, &bad) || bad.Spec != tt.spec || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Parse gives %+v, %v, want an error that says %q", p, err, tt.says)
			}
		})
	}
}

func TestSpecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := wire.Policy{Type: rapid.SampledFrom([]wire.PolicyType{
			wire.RoundRobin, wire.WeightedRoundRobin, wire.Random, wire.WeightedRandom, wire.Priority,
			wire.LeastUsed, wire.LeastUsedDegradation, wire.PriorityLeastUsed, wire.RandomizedLeastUsed, 0x80000001,
		}).Draw(t, "type")}
		v, w := rapid.Uint32().Draw(t, "first"), rapid.Uint32().Draw(t, "second")
		switch p.Type {
		case wire.WeightedRoundRobin, wire.WeightedRandom:
			p.Weight = v
		case wire.Priority:
			p.Priority = v
		case wire.LeastUsed, wire.RandomizedLeastUsed:
			p.Load = v
		case wire.LeastUsedDegradation, wire.PriorityLeastUsed:
			p.Load, p.Degradation = v, w
		case 0x80000001:
			p.Raw = string(rapid.SliceOf(rapid.Byte()).Draw(t, "raw"))
		}
		got, err := policy.Parse(policy.Spec(p))
		if err != nil || got != p {
			t.Errorf("%+v is %q and comes back as %+v, %v", p, policy.Spec(p), got, err)
		}
	})
}

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
