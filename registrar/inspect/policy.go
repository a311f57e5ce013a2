package inspect

import (
	"encoding/binary"

	"rserpool/registrar/wire"
)

// policyLayout gives the short name of a policy and its fields; the fields of
// the adaptive ones are fractions of 0xffffffff and shown in hex.
func policyLayout(t wire.PolicyType) (name string, fields []string) {
	switch t {
	case wire.RoundRobin:
		return "RR", nil
	case wire.WeightedRoundRobin:
		return "WRR", []string{"weight"}
	case wire.Random:
		return "RAND", nil
	case wire.WeightedRandom:
		return "WRAND", []string{"weight"}
	case wire.Priority:
		return "PRIO", []string{"priority"}
	case wire.LeastUsed:
		return "LU", []string{"load"}
	case wire.LeastUsedDegradation:
		return "LUD", []string{"load", "load_degradation"}
	case wire.PriorityLeastUsed:
		return "PLU", []string{"load", "load_degradation"}
	case wire.RandomizedLeastUsed:
		return "RLU", []string{"load"}
	default:
		return t.String(), nil
	}
}

// policy describes a Member Selection Policy. Data that does not fit the layout
// of its type, and that of other types, is shown as bytes.
func policy(v part) ([]Node, bool) {
	if len(v.b) < 4 {
		return nil, false
	}
	typ := wire.PolicyType(binary.BigEndian.Uint32(v.b))
	name, layout := policyLayout(typ)
	fields := []Node{v.hex("policy_type", 0, 4), text("policy", name)}
	data := v.from(4)
	if !typ.Defined() || len(data.b) != 4*len(layout) {
		return append(fields, data.raw("raw_hex")), true
	}
	show := part.number
	if typ >= wire.LeastUsed {
		show = part.hex
	}
	for i, key := range layout {
		fields = append(fields, show(data, key, 4*i, 4))
	}
	return fields, true
}
