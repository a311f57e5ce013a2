package view

import (
	"strings"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// highLoad is where a load counts as high: 90 %.
const highLoad = 0xffffffff / 10 * 9

// maxData is how many bytes of a policy with an unknown layout a cell shows.
const maxData = 8

// goesBy is the value that the policy selects by in the first place.
func goesBy(p wire.Policy) (policy.FieldValue, bool) {
	values, _ := policy.Fields(p)
	if len(values) == 0 {
		return policy.FieldValue{}, false
	}
	return values[0], true
}

// policyCell gives what the policy goes by, as text and as a bar: shares of the
// whole, others of the largest one shown.
func policyCell(p wire.Policy, largest uint32) (text string, bar Bar, plain bool) {
	values, ok := policy.Fields(p)
	switch {
	case !ok && p.Raw != "":
		return dataText(p.Raw), newBar(0, 0, 0), true
	case len(values) == 0:
		return unknown, newBar(0, 0, 0), true
	case values[0].Unit == policy.Share:
		bar = newBar(uint64(values[0].Value), 0xffffffff, highLoad)
	default:
		bar = newBar(uint64(values[0].Value), uint64(largest), uint64(largest))
	}
	for i, v := range values {
		switch {
		case i == 0:
		case v.Name == "degradation": // comes on top of the load
			text += " +"
		default:
			text += ", "
		}
		text += valueText(v)
	}
	return text, bar, false
}

func valueText(v policy.FieldValue) string {
	switch v.Unit {
	case policy.Share:
		return Percent(v.Value)
	case policy.Milliseconds:
		return Number(int(v.Value)) + " ms"
	default:
		return Number(int(v.Value))
	}
}

// dataText gives the data of a policy whose layout is not known.
func dataText(raw string) string {
	if len(raw) > maxData {
		return "0x" + wire.Hex([]byte(raw[:maxData])) + "…"
	}
	return "0x" + wire.Hex([]byte(raw))
}

// policyValue is what elements of one policy are compared by.
func policyValue(p wire.Policy) uint32 { return policy.ValuesOf(p)[0] }

// valueName heads the column of values: "Load, degradation".
func valueName(t wire.PolicyType) string {
	var names []string
	for _, f := range policy.RuleOf(t).Fields {
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		return "Value"
	}
	text := strings.Join(names, ", ")
	return strings.ToUpper(text[:1]) + text[1:]
}
