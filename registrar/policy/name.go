package policy

import (
	"encoding/binary"
	"strconv"

	"rserpool/registrar/wire"
)

// Name gives the policy's name in the API, such as "round_robin"; 0x and eight
// hex digits for a type that is not known.
func Name(t wire.PolicyType) string { return RuleOf(t).Name }

// Short gives the policy's name in specifications, such as "rr"; 0x and eight
// hex digits for a type that is not known.
func Short(t wire.PolicyType) string { return RuleOf(t).Short }

// Title gives the policy's name for people, such as "Round robin"; 0x and eight
// hex digits for a type that is not known.
func Title(t wire.PolicyType) string { return RuleOf(t).Title }

// Key gives the field's name in JSON: with what it belongs to, or its unit,
// where the plain name leaves that open.
func (f Field) Key() string {
	switch {
	case f == degradationField:
		return "load_degradation"
	case f.Unit == Milliseconds:
		return f.Name + "_milliseconds"
	default:
		return f.Name
	}
}

// FieldValue is a field with what one policy has in it.
type FieldValue struct {
	Field
	// Value is in the unit of the field.
	Value uint32
}

// String gives the value for people: "5", "30%" or "12 ms".
func (v FieldValue) String() string {
	switch v.Unit {
	case Share:
		return Percent(v.Value)
	case Milliseconds:
		return number(v.Value) + " ms"
	default:
		return number(v.Value)
	}
}

// fieldLen is how long a field is on the wire.
const fieldLen = 4

// Fields gives the values in a policy, in the order of the wire. It is false
// where the layout of the type is not known or its data does not fit it: then
// only Raw tells what is in it.
func Fields(p wire.Policy) ([]FieldValue, bool) {
	fields := RuleOf(p.Type).Fields
	if p.Type.Defined() {
		v := ValuesOf(p)
		return valued(fields, func(i int) uint32 { return v[i] }), true
	}
	if len(fields) == 0 || len(p.Raw) != fieldLen*len(fields) {
		return nil, false
	}
	raw := []byte(p.Raw)
	return valued(fields, func(i int) uint32 { return binary.BigEndian.Uint32(raw[fieldLen*i:]) }), true
}

func valued(fields []Field, value func(i int) uint32) []FieldValue {
	list := make([]FieldValue, len(fields))
	for i, f := range fields {
		list[i] = FieldValue{f, value(i)}
	}
	return list
}

// withFields gives the policy of a type that is known with these values, as many
// as it has fields.
func withFields(t wire.PolicyType, values []uint32) wire.Policy {
	if t.Defined() {
		var v Values
		copy(v[:], values)
		return v.Policy(t)
	}
	var raw []byte
	for _, v := range values {
		raw = binary.BigEndian.AppendUint32(raw, v)
	}
	return wire.Policy{Type: t, Raw: string(raw)}
}

// WithLoad gives the policy with another load, in units of 1/0xffffffff. It is
// false where the policy has none.
func WithLoad(p wire.Policy, load uint32) (wire.Policy, bool) {
	fields, _ := Fields(p)
	values := make([]uint32, len(fields))
	found := false
	for i, f := range fields {
		values[i] = f.Value
		if f.Field == loadField {
			values[i], found = load, true
		}
	}
	if !found {
		return p, false
	}
	return withFields(p.Type, values), true
}

func number(v uint32) string { return strconv.FormatUint(uint64(v), 10) }
