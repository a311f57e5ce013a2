package policy

import "rserpool/registrar/wire"

// names are the words for one policy type.
type names struct {
	t wire.PolicyType
	// short is for specifications, json for the API, title for people; rsplib's
	// names are those of the API in camel case.
	short, json, title string
}

var known = [...]names{
	{wire.RoundRobin, "rr", "round_robin", "Round robin"},
	{wire.WeightedRoundRobin, "wrr", "weighted_round_robin", "Weighted round robin"},
	{wire.Random, "rand", "random", "Random"},
	{wire.WeightedRandom, "wrand", "weighted_random", "Weighted random"},
	{wire.Priority, "prio", "priority", "Priority"},
	{wire.LeastUsed, "lu", "least_used", "Least used"},
	{wire.LeastUsedDegradation, "lud", "least_used_degradation", "Least used, degradation"},
	{wire.PriorityLeastUsed, "plu", "priority_least_used", "Priority least used"},
	{wire.RandomizedLeastUsed, "rlu", "randomized_least_used", "Randomized least used"},
}

// namesOf gives the words for t; a type that RFC 5356 does not define has its
// number for all of them.
func namesOf(t wire.PolicyType) names {
	for _, n := range known {
		if n.t == t {
			return n
		}
	}
	return names{t, t.String(), t.String(), t.String()}
}

// Name gives the policy's name in the API, such as "round_robin"; 0x and eight
// hex digits for a type that RFC 5356 does not define.
func Name(t wire.PolicyType) string { return namesOf(t).json }

// Short gives the policy's name in specifications, such as "rr"; 0x and eight
// hex digits for a type that RFC 5356 does not define.
func Short(t wire.PolicyType) string { return namesOf(t).short }

// Title gives the policy's name for people, such as "Round robin"; 0x and eight
// hex digits for a type that RFC 5356 does not define.
func Title(t wire.PolicyType) string { return namesOf(t).title }
