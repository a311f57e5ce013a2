package policy

import (
	"slices"
	"strconv"

	"rserpool/registrar/wire"
)

// Rule is one member selection policy: what it is called, what its parameter
// carries, and how elements are selected by it.
type Rule struct {
	Type wire.PolicyType
	// Short is the name in specifications ("wrr"), Name the one in the API
	// ("weighted_round_robin"), Title the one for people ("Weighted round robin").
	Short, Name, Title string
	// Fields are the values in its parameter, in the order of the wire.
	Fields []Field
	// NewSet makes the selection state of one pool. Where it is nil, elements
	// with this policy are carried, named and shown, but cannot register here.
	NewSet func(*Members) Set
	// User is what a pool user does with an answer.
	User Use
}

// Field is one 32-bit value in the parameter of a policy.
type Field struct {
	// Name is that of the API, such as "weight".
	Name string
	Unit Unit
}

// Unit says what the number in a field means.
type Unit uint8

// The units of fields.
const (
	// Number is a plain number, such as a weight.
	Number Unit = iota
	// Share is a part of 1 in units of 1/0xffffffff (RFC 5356 section 3.1).
	Share
	// Milliseconds is a time.
	Milliseconds
)

// The fields of RFC 5356.
var (
	weightField      = Field{"weight", Number}
	priorityField    = Field{"priority", Number}
	loadField        = Field{"load", Share}
	degradationField = Field{"degradation", Share}
)

// rules are all known policies, by type.
var rules = append([]Rule{
	roundRobin, weightedRoundRobin, random, weightedRandom, priority,
	leastUsed, leastUsedDegradation, priorityLeastUsed, randomizedLeastUsed,
}, rsplib...)

// Register makes a private policy known: `var _ = policy.Register(...)` in a file
// of its own. It panics where the type is reserved or the type or a name is
// taken, and must not be called once the program runs.
func Register(r Rule) struct{} {
	if r.Type&^0x40000000 == 0 {
		panic("policy: type " + r.Type.String() + " is reserved, want another one")
	}
	for _, have := range rules {
		if have.Type == r.Type || have.reads(fold(r.Short)) || have.reads(fold(r.Name)) {
			panic("policy: type " + r.Type.String() + " or name " + strconv.Quote(r.Name) + " is taken by " + have.Title)
		}
	}
	i := 0
	for i < len(rules) && rules[i].Type < r.Type {
		i++
	}
	rules = slices.Insert(rules, i, r)
	return struct{}{}
}

// Rules are all known policies, by type.
func Rules() []Rule { return slices.Clone(rules) }

// RuleOf gives the rule of a policy type. For a type that is not known it has no
// NewSet, no fields, and the number for all its names.
func RuleOf(t wire.PolicyType) Rule {
	for i := range rules {
		if rules[i].Type == t {
			return rules[i]
		}
	}
	return Rule{Type: t, Short: t.String(), Name: t.String(), Title: t.String(), User: InOrder}
}

// Selects reports whether elements with this policy may register: a type that
// cannot be selected by is refused (RFC 5356 section 7.1).
func Selects(t wire.PolicyType) bool { return RuleOf(t).NewSet != nil }
