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
// RoundRobin, in any case) and the values of its fields, behind colons. Weights
// and other numbers must be given; loads and other shares are percentages (30%)
// or fractions (0.3), times are milliseconds (12ms), and both are 0 where not
// given. A type that is not known is its number and the hex digits of its data.
func Parse(spec string) (wire.Policy, error) {
	name, rest, more := strings.Cut(strings.TrimSpace(spec), ":")
	var args []string
	if more {
		args = strings.Split(rest, ":")
	}
	s := &parser{spec: spec, args: args}
	var p wire.Policy
	if strings.HasPrefix(name, "0x") {
		p = s.raw(name)
	} else {
		p = s.known(name)
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

// known reads a policy by its name.
func (s *parser) known(name string) wire.Policy {
	rule := s.named(name)
	values := make([]uint32, len(rule.Fields))
	for i, f := range rule.Fields {
		values[i] = s.value(f)
	}
	return withFields(rule.Type, values)
}

func (s *parser) named(name string) Rule {
	plain := fold(name)
	all := make([]string, 0, len(rules))
	for _, r := range rules {
		if r.reads(plain) {
			return r
		}
		all = append(all, r.Short)
	}
	s.fail("want one of " + strings.Join(all, ", "))
	return Rule{}
}

// reads reports whether a folded name is one of the rule's.
func (r *Rule) reads(plain string) bool { return plain == fold(r.Short) || plain == fold(r.Name) }

// fold takes from a name what does not tell policies apart: case, the signs
// between words, and whether LU and LUD are written out, which differs even
// within RSPLIB (RandomizedLeastUsed, RandomizedLUD).
func fold(name string) string {
	name = strings.ToLower(name)
	for _, as := range [...][2]string{{"_"}, {"-"}, {"leastuseddegradation", "lud"}, {"leastused", "lu"}} {
		name = strings.ReplaceAll(name, as[0], as[1])
	}
	return name
}

// raw reads a policy by the number of its type.
func (s *parser) raw(name string) wire.Policy {
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

func (s *parser) value(f Field) uint32 {
	arg, ok := s.next()
	switch {
	case ok && f.Unit == Share:
		return s.share(f.Name, arg)
	case ok && f.Unit == Milliseconds:
		return s.number(f.Name, arg, "ms")
	case ok:
		return s.number(f.Name, arg, "")
	case f.Unit == Number:
		s.fail("want a " + f.Name + ", as in " + strings.ToLower(s.spec) + ":5")
	}
	return 0
}

// number reads a whole number, whose unit may be left out.
func (s *parser) number(what, arg, unit string) uint32 {
	v, err := strconv.ParseUint(strings.TrimSuffix(arg, unit), 10, 32)
	if err != nil {
		s.fail("want a " + what + " from 0 to 4294967295" + unit + ", have " + strconv.Quote(arg))
	}
	return uint32(v)
}

// share reads a share into the unit of the wire, 1/0xffffffff.
func (s *parser) share(what, arg string) uint32 {
	digits, percent := strings.CutSuffix(arg, "%")
	v, ok := decimal(digits)
	if percent {
		v /= 100
	}
	if !ok || v > 1 {
		s.fail("want a " + what + " from 0% to 100%, or from 0 to 1, have " + strconv.Quote(arg))
		return 0
	}
	return uint32(math.Round(v * math.MaxUint32))
}

// decimal reads digits with or without a point among them. The page's program needs
// no other numbers, and a general reader of them is larger than its policies.
func decimal(text string) (v float64, ok bool) {
	whole, part, _ := strings.Cut(text, ".")
	const most = 18 // digits that fit an integer
	if len(whole)+len(part) > most {
		part = part[:max(most-len(whole), 0)]
	}
	n, err := strconv.ParseUint(whole+part, 10, 64)
	if err != nil {
		return 0, false
	}
	scale := 1.0
	for range part {
		scale *= 10
	}
	return float64(n) / scale, true
}

// Spec gives the specification that Parse reads as p.
func Spec(p wire.Policy) string {
	values, ok := Fields(p)
	switch {
	case ok:
		parts := []string{Short(p.Type)}
		for _, v := range values {
			parts = append(parts, strings.ReplaceAll(v.String(), " ", ""))
		}
		return strings.Join(parts, ":")
	case p.Raw != "":
		return p.Type.String() + ":" + wire.Hex([]byte(p.Raw))
	case len(RuleOf(p.Type).Fields) == 0:
		return Short(p.Type)
	default:
		return p.Type.String()
	}
}

// Percent writes a share with as few digits as tell it from its neighbours:
// 0x40000000 is "25%".
func Percent(v uint32) string {
	const finest = 8 // digits that tell one unit from the next
	f := float64(v) / math.MaxUint32
	for digits := 0; ; digits++ {
		s := strconv.FormatFloat(100*f, 'f', digits, 64)
		back, _ := decimal(s)
		if digits == finest || uint32(math.Round(back/100*math.MaxUint32)) == v {
			return s + "%"
		}
	}
}
