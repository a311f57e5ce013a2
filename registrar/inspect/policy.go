package inspect

import (
	"encoding/binary"
	"strings"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// memberSelection describes a Member Selection Policy. Shares are shown in hex,
// as fractions of 0xffffffff. Data that does not fit the layout of its type, and
// that of all types which RFC 5356 does not define, is shown as bytes.
func memberSelection(v part) ([]Node, bool) {
	const typeLen, fieldLen = 4, 4
	if len(v.b) < typeLen {
		return nil, false
	}
	typ := wire.PolicyType(binary.BigEndian.Uint32(v.b))
	data, rule := v.from(typeLen), policy.RuleOf(typ)
	fits := len(data.b) == fieldLen*len(rule.Fields)
	name := typ.String()
	if rule.Short != name && (fits || typ.Defined()) {
		name = strings.ToUpper(rule.Short)
	}
	nodes := []Node{v.hex("policy_type", 0, typeLen), text("policy", name)}
	if fits {
		for i, f := range rule.Fields {
			nodes = append(nodes, policyField(data.from(fieldLen*i), f))
		}
	}
	if !fits || !typ.Defined() {
		nodes = append(nodes, data.raw("raw_hex"))
	}
	return nodes, true
}

// policyField describes the field that data starts with.
func policyField(data part, f policy.Field) Node {
	if f.Unit == policy.Number {
		return data.number(f.Key(), 0, 4)
	}
	show := part.number
	if f.Unit == policy.Share {
		show = part.hex
	}
	n := show(data, f.Key(), 0, 4)
	n.Note = policy.FieldValue{Field: f, Value: binary.BigEndian.Uint32(data.b)}.String()
	return n
}
