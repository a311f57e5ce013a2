package policy

import (
	"math/bits"

	"rserpool/registrar/wire"
)

// leastUsedDegradation is RFC 5356 section 5.2: the lowest sums of the load and,
// for each selection since the element registered last, the degradation.
var leastUsedDegradation = Rule{
	Type: wire.LeastUsedDegradation, Short: "lud", Name: "least_used_degradation", Title: "Least used, degradation",
	Fields: []Field{loadField, degradationField},
	NewSet: Degrading(degraded),
	User:   InOrder,
}

// degraded is the sum in 64 bits; the few sums that do not fit are the largest.
func degraded(v Values, selected uint32) uint64 {
	sum, carry := bits.Add64(uint64(v[0]), uint64(selected)*uint64(v[1]), 0)
	return sum | -carry
}
