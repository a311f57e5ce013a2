package policy

import (
	"math"
	"strconv"
	"strings"

	"rserpool/registrar/wire"
)

// SpecError says why a text is no policy specification.
type SpecError struct{ Spec, What string }

func (e *SpecError) Error() string {
	return "policy " + strconv.Quote(e.Spec) + ": " + e.What
}

// Parse reads a policy specification: a name (rr, round_robin or RSPLIB's
// RoundRobin, in any case) and what the policy needs, behind colons. Weights
// and priorities are whole numbers and must be given; loads and degradations
// are percentages (30%) or fractions (0.3), 0 where not given. A type that RFC
// 5356 does not define is its number and the hex digits of its data.
func Parse(spec string) (wire.Policy, error) {
	name, rest, more := strings.Cut(strings.TrimSpace(spec), ":")
	var args []string
	if more {
		args = strings.Split(rest, ":")
	}
	s := &parser{spec: spec, args: args}
	var p wire.Policy
	if strings.HasPrefix(name, "0x") {
		p = s.private(name)
	} else {
		p = s.defined(name)
	}
	if s.what == "" && len(s.args) > 0 {
		s.fail("nothing is expected behind it, have " + strconv.Quote(strings.Join(s.args, ":")))
	}
	if s.what != "" {
		return wire.Policy{}, &SpecError{Spec: spec, What: s.what}
	}
	return p, nil
}

// parser takes the arguments of a specification one by one; what is the first
// thing wrong with them.
type parser struct {
	spec string
	args []string
	what string
}

func (s *parser) fail(what string) {
	if s.what == "" {
		s.what = what
	}
}

func (s *parser) next() (string, bool) {
	if len(s.args) == 0 {
		return "", false
	}
	arg := s.args[0]
	s.args = s.args[1:]
	return arg, true
}

func (s *parser) defined(name string) wire.Policy {
	p := wire.Policy{Type: s.named(name)}
	switch p.Type {
	case wire.WeightedRoundRobin, wire.WeightedRandom:
		p.Weight = s.number("weight")
	case wire.Priority:
		p.Priority = s.number("priority")
	case wire.LeastUsed, wire.RandomizedLeastUsed:
		p.Load = s.share("load")
	case wire.LeastUsedDegradation, wire.PriorityLeastUsed:
		p.Load = s.share("load")
		p.Degradation = s.share("degradation")
	default: // has no value
	}
	return p
}

func (s *parser) named(name string) wire.PolicyType {
	plain := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	all := make([]string, 0, len(known))
	for _, n := range known {
		if plain == n.short || plain == strings.ReplaceAll(n.json, "_", "") {
			return n.t
		}
		all = append(all, n.short)
	}
	s.fail("want one of " + strings.Join(all, ", "))
	return 0
}

func (s *parser) private(name string) wire.Policy {
	id, err := wire.ParseID(name)
	t := wire.PolicyType(id)
	if err != nil || t.Defined() || t&^0x40000000 == 0 {
		s.fail("want the number of a type that RFC 5356 neither defines nor reserves, such as 0x80000001")
		return wire.Policy{}
	}
	arg, _ := s.next()
	raw, ok := wire.ParseHex(arg)
	if !ok {
		s.fail("want its data in hex digits, have " + strconv.Quote(arg))
	}
	return wire.Policy{Type: t, Raw: string(raw)}
}

func (s *parser) number(what string) uint32 {
	arg, ok := s.next()
	if !ok && s.what == "" {
		s.fail("want a " + what + ", as in " + strings.ToLower(s.spec) + ":5")
	}
	v, err := strconv.ParseUint(arg, 10, 32)
	if err != nil {
		s.fail("want a " + what + " from 0 to 4294967295, have " + strconv.Quote(arg))
	}
	return uint32(v)
}

// share reads a load or degradation into the unit of the wire, 1/0xffffffff.
func (s *parser) share(what string) uint32 {
	arg, ok := s.next()
	if !ok {
		return 0
	}
	digits, percent := strings.CutSuffix(arg, "%")
	v, err := strconv.ParseFloat(digits, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) { // NaN is neither
		s.fail("want a " + what + " from 0% to 100%, or from 0 to 1, have " + strconv.Quote(arg))
		return 0
	}
	return uint32(math.Round(v * math.MaxUint32))
}

// Spec gives the specification that Parse reads as p.
func Spec(p wire.Policy) string {
	s := Short(p.Type)
	switch p.Type {
	case wire.WeightedRoundRobin, wire.WeightedRandom:
		return s + ":" + strconv.FormatUint(uint64(p.Weight), 10)
	case wire.Priority:
		return s + ":" + strconv.FormatUint(uint64(p.Priority), 10)
	case wire.LeastUsed, wire.RandomizedLeastUsed:
		return s + ":" + Percent(p.Load)
	case wire.LeastUsedDegradation, wire.PriorityLeastUsed:
		return s + ":" + Percent(p.Load) + ":" + Percent(p.Degradation)
	default: // has no value, or only its data
	}
	if p.Raw != "" {
		s += ":" + wire.Hex([]byte(p.Raw))
	}
	return s
}

// Percent writes a load or degradation with as few digits as tell it from its
// neighbours: 0x40000000 is "25%".
func Percent(v uint32) string {
	const finest = 8 // digits that tell one unit from the next
	f := float64(v) / math.MaxUint32
	for digits := 0; ; digits++ {
		s := strconv.FormatFloat(100*f, 'f', digits, 64)
		back, _ := strconv.ParseFloat(s, 64)
		if digits == finest || uint32(math.Round(back/100*math.MaxUint32)) == v {
			return s + "%"
		}
	}
}
