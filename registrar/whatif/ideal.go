package whatif

import (
	"math"

	"rserpool/registrar/wire"
)

// Ideal is the share of n selections that each member ought to get by the letter of
// RFC 5356, between 0 and 1. It is false for a policy that promises nothing known
// here, and where nobody is left.
func Ideal(members []Member, n int) ([]float64, bool) {
	shares := make([]float64, len(members))
	var in []int // those who have not failed
	for i, m := range members {
		if !m.Fails {
			in = append(in, i)
		}
	}
	if len(in) == 0 || n <= 0 {
		return shares, false
	}
	policies := make([]wire.Policy, len(in))
	for k, i := range in {
		policies[k] = members[i].Policy
	}
	parts, ok := parts(policies, float64(n))
	if !ok {
		return shares, false
	}
	var sum float64
	for _, p := range parts {
		sum += p
	}
	for k, i := range in {
		shares[i] = 1 / float64(len(in)) // INC-41: where no part has a weight, all are equal
		if sum > 0 {
			shares[i] = parts[k] / sum
		}
	}
	return shares, true
}

// parts are in proportion to the shares.
func parts(list []wire.Policy, n float64) ([]float64, bool) {
	switch list[0].Type {
	case wire.RoundRobin, wire.Random: // sections 4.1, 4.3
		return each(list, func(wire.Policy) float64 { return 1 }), true
	case wire.WeightedRoundRobin, wire.WeightedRandom: // sections 4.2, 4.4
		return each(list, func(p wire.Policy) float64 { return float64(p.Weight) }), true
	case wire.Priority: // section 4.5
		return lowest(list, func(p wire.Policy) float64 { return -float64(p.Priority) }), true
	case wire.LeastUsed: // section 5.1
		return lowest(list, func(p wire.Policy) float64 { return float64(p.Load) }), true
	case wire.LeastUsedDegradation: // section 5.2
		return poured(list, n), true
	case wire.PriorityLeastUsed: // section 5.3
		return lowest(list, func(p wire.Policy) float64 { return float64(p.Load) + float64(p.Degradation) }), true
	case wire.RandomizedLeastUsed: // section 5.4
		return each(list, func(p wire.Policy) float64 { return float64(math.MaxUint32 - p.Load) }), true
	default:
		return nil, false
	}
}

func each(list []wire.Policy, part func(wire.Policy) float64) []float64 {
	parts := make([]float64, len(list))
	for i, p := range list {
		parts[i] = part(p)
	}
	return parts
}

// lowest gives all to those with the lowest rank, in equal parts.
func lowest(list []wire.Policy, rank func(wire.Policy) float64) []float64 {
	least := math.Inf(1)
	for _, p := range list {
		least = min(least, rank(p))
	}
	return each(list, func(p wire.Policy) float64 {
		if rank(p) == least {
			return 1
		}
		return 0
	})
}

// poured spreads n selections of which each raises the load of its element by the
// degradation, as water finds its level. Who has no degradation takes all from his
// level on.
func poured(list []wire.Policy, n float64) []float64 {
	ceiling := math.Inf(1)
	for _, p := range list {
		if p.Degradation == 0 {
			ceiling = min(ceiling, float64(p.Load))
		}
	}
	filled := func(level float64) (total float64) {
		for _, p := range list {
			total += selections(p, level)
		}
		return total
	}
	low, high := 0.0, 1.0
	for filled(high) < n && high < ceiling {
		high *= 2
	}
	high = min(high, ceiling)
	for range 200 { // halves the interval until no float lies between
		if mid := (low + high) / 2; filled(mid) < n {
			low = mid
		} else {
			high = mid
		}
	}
	parts := each(list, func(p wire.Policy) float64 { return selections(p, high) })
	if rest := n - filled(high); rest > 0 && !math.IsInf(ceiling, 1) {
		takers := lowest(list, func(p wire.Policy) float64 {
			if p.Degradation > 0 {
				return math.Inf(1)
			}
			return float64(p.Load)
		})
		var count float64
		for _, t := range takers {
			count += t
		}
		for i, t := range takers {
			parts[i] += t * rest / count
		}
	}
	return parts
}

// selections is how many raise an element to a level.
func selections(p wire.Policy, level float64) float64 {
	if p.Degradation == 0 {
		return 0
	}
	return max(0, level-float64(p.Load)) / float64(p.Degradation)
}
