package policy

import (
	"math"

	"rserpool/registrar/wire"
)

// The functions below make the policies of RFC 5356, for elements that register.
// Loads and degradations are shares from 0 to 1 (section 3.1); what is beyond is
// taken for the nearer of the two, NaN for 0.

// RoundRobin takes the elements in turn (section 4.1).
func RoundRobin() wire.Policy { return wire.Policy{Type: wire.RoundRobin} }

// WeightedRoundRobin takes them in turn, each weight times a round; one with
// weight 0 gets nothing while others can serve (section 4.2).
func WeightedRoundRobin(weight uint32) wire.Policy {
	return wire.Policy{Type: wire.WeightedRoundRobin, Weight: weight}
}

// Random takes any element, all with the same probability (section 4.3).
func Random() wire.Policy { return wire.Policy{Type: wire.Random} }

// WeightedRandom takes any element, with a probability in proportion to its
// weight (section 4.4).
func WeightedRandom(weight uint32) wire.Policy {
	return wire.Policy{Type: wire.WeightedRandom, Weight: weight}
}

// Priority takes the element with the largest value, the others only when it has
// failed (section 4.5).
func Priority(priority uint32) wire.Policy {
	return wire.Policy{Type: wire.Priority, Priority: priority}
}

// LeastUsed takes the element with the lowest load (section 5.1).
func LeastUsed(load float64) wire.Policy {
	return wire.Policy{Type: wire.LeastUsed, Load: Load(load)}
}

// LeastUsedDegradation is LeastUsed where each selection counts as an increase
// of the load by degradation, until the element tells its load anew (section 5.2).
func LeastUsedDegradation(load, degradation float64) wire.Policy {
	return wire.Policy{Type: wire.LeastUsedDegradation, Load: Load(load), Degradation: Load(degradation)}
}

// PriorityLeastUsed takes the element whose load would be the lowest with one
// more user, who adds degradation to it (section 5.3).
func PriorityLeastUsed(load, degradation float64) wire.Policy {
	return wire.Policy{Type: wire.PriorityLeastUsed, Load: Load(load), Degradation: Load(degradation)}
}

// RandomizedLeastUsed takes any element, with a probability in proportion to what
// its load leaves free (section 5.4).
func RandomizedLeastUsed(load float64) wire.Policy {
	return wire.Policy{Type: wire.RandomizedLeastUsed, Load: Load(load)}
}

// Load converts a share from 0 to 1 into the unit of wire.Policy, 1/0xffffffff.
func Load(v float64) uint32 {
	if !(v > 0) { // NaN too
		return 0
	}
	return uint32(math.Round(min(v, 1) * math.MaxUint32))
}
