package policy_test

import (
	"encoding/binary"
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
		{"lu:.3", wire.Policy{Type: wire.LeastUsed, Load: 0x4ccccccd}, "lu:30%"},
		{"lu:0.3000000000000000000000", wire.Policy{Type: wire.LeastUsed, Load: 0x4ccccccd}, "lu:30%"},
		{"lu", wire.Policy{Type: wire.LeastUsed}, "lu:0%"},
		{"LeastUsed:0.25", wire.Policy{Type: wire.LeastUsed, Load: 0x40000000}, "lu:25%"},
		{"lud:30%:5%", wire.Policy{Type: wire.LeastUsedDegradation, Load: 0x4ccccccd, Degradation: 0x0ccccccd}, "lud:30%:5%"},
		{"LeastUsedDegradation:1", wire.Policy{Type: wire.LeastUsedDegradation, Load: 0xffffffff}, "lud:100%:0%"},
		{"plu:30%:5%", wire.Policy{Type: wire.PriorityLeastUsed, Load: 0x4ccccccd, Degradation: 0x0ccccccd}, "plu:30%:5%"},
		{"rlu:100%", wire.Policy{Type: wire.RandomizedLeastUsed, Load: 0xffffffff}, "rlu:100%"},
		{"rplu:30%:5%", raw(0xb0001001, 0x4ccccccd, 0x0ccccccd), "rplu:30%:5%"},
		{"RandomizedPriorityLU:0.25", raw(0xb0001001, 0x40000000, 0), "rplu:25%:0%"},
		{"RandomizedPriorityLeastUsed", raw(0xb0001001, 0, 0), "rplu:0%:0%"},
		{"RandomizedLUD:1:1", raw(0xb0001002, 0xffffffff, 0xffffffff), "rlud:100%:100%"},
		{"PriorityLUD", raw(0xb0001003, 0, 0), "plud:0%:0%"},
		{"RandomizedPriorityLUD:25%", raw(0xb0001004, 0x40000000, 0), "rplud:25%:0%"},
		{"WeightedRandomDPF:5:25%:12", raw(0xb0002001, 5, 0x40000000, 12), "wrand-dpf:5:25%:12ms"},
		{"wrand-dpf:5", raw(0xb0002001, 5, 0, 0), "wrand-dpf:5:0%:0ms"},
		{"LeastUsedDPF:25%:0:150ms", raw(0xb0002002, 0x40000000, 0, 150), "lu-dpf:25%:0%:150ms"},
		{"least_used_degradation_dpf:25%:0:25%:4294967295ms", raw(0xb0002003, 0x40000000, 0, 0x40000000, 0xffffffff), "lud-dpf:25%:0%:25%:4294967295ms"},
		{"0xb0001001:4000000000000000", raw(0xb0001001, 0x40000000, 0), "rplu:25%:0%"},
		{"0xb0001001", wire.Policy{Type: 0xb0001001}, "0xb0001001"},
		{"0xb0001001:400000000000000000", wire.Policy{Type: 0xb0001001, Raw: "\x40\x00\x00\x00\x00\x00\x00\x00\x00"}, "0xb0001001:400000000000000000"},
		{"LU:30%", wire.Policy{Type: wire.LeastUsed, Load: 0x4ccccccd}, "lu:30%"},
		{"RandomizedLeastUsed:30%", wire.Policy{Type: wire.RandomizedLeastUsed, Load: 0x4ccccccd}, "rlu:30%"},
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
		{"lu:.", "want a load from 0%"},
		{"lu:1.0.0", "want a load from 0%"},
		{"lu:1e-1", "want a load from 0%"},
		{"lu:" + strings.Repeat("9", 40), "want a load from 0%"},
		{"lu:", "want a load from 0%"},
		{"lud:1%:-1%", "want a degradation from 0%"},
		{"lu:1%:1%", "nothing is expected"},
		{"wrand-dpf", "as in wrand-dpf:5"},
		{"rplu:30%:5%:1", "nothing is expected"},
		{"rplu:2", "want a load from 0%"},
		{"lu-dpf:0:-1", "want a dpf from 0%"},
		{"lu-dpf:0:0:1s", "want a distance from 0 to 4294967295ms"},
		{"lu-dpf:0:0:ms", "want a distance from 0 to 4294967295ms"},
		{"wrr:5ms", "want a weight from 0"},
		{"PriorityLUDDPF", "want one of rr, wrr,"},
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

// raw is a policy that RFC 5356 does not define, with these fields.
func raw(t wire.PolicyType, values ...uint32) wire.Policy {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return wire.Policy{Type: t, Raw: string(b)}
}

// allTypes are all that have a rule: RFC 5356's, the tests' own and RSPLIB's.
var allTypes = []wire.PolicyType{
	wire.RoundRobin, wire.WeightedRoundRobin, wire.Random, wire.WeightedRandom, wire.Priority,
	wire.LeastUsed, wire.LeastUsedDegradation, wire.PriorityLeastUsed, wire.RandomizedLeastUsed,
	0x80000100, 0x80000101, 0xb0001001, 0xb0001002, 0xb0001003, 0xb0001004, 0xb0002001, 0xb0002002, 0xb0002003,
}

func TestSpecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(append([]wire.PolicyType{0x80000001}, allTypes...)).Draw(t, "type")
		fields := policy.RuleOf(typ).Fields
		values := rapid.SliceOfN(rapid.Uint32(), len(fields), len(fields)).Draw(t, "values")
		var p wire.Policy
		switch {
		case typ.Defined():
			var v policy.Values
			copy(v[:], values)
			p = v.Policy(typ)
		case rapid.Bool().Draw(t, "fits"):
			p = raw(typ, values...)
		default:
			p = wire.Policy{Type: typ, Raw: string(rapid.SliceOf(rapid.Byte()).Draw(t, "raw"))}
		}
		got, err := policy.Parse(policy.Spec(p))
		if err != nil || got != p {
			t.Errorf("%+v is %q and comes back as %+v, %v", p, policy.Spec(p), got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"rr", "wrr:5", "lud:30%:0.5", "RandomizedPriorityLU:1", "wrand-dpf:5:25%:12ms", "0x80000001:00ff", "0xb0001001:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := policy.Parse(s)
		if err != nil {
			return
		}
		if back, err := policy.Parse(policy.Spec(p)); err != nil || back != p {
			t.Errorf("%q is %+v, its specification %q gives %+v, %v", s, p, policy.Spec(p), back, err)
		}
	})
}
