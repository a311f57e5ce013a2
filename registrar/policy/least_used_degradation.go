package policy

import "rserpool/registrar/wire"

// leastUsedDegradation is RFC 5356 section 5.2: the lowest sums of the load and,
// for each selection since the element registered last, the degradation.
var leastUsedDegradation = Rule{
	Type: wire.LeastUsedDegradation, Short: "lud", Name: "least_used_degradation", Title: "Least used, degradation",
	Fields: []Field{loadField, degradationField},
	NewSet: Degrading(degraded),
	User:   InOrder,
}

// degraded is the sum in 64 bits, which hold the largest one: 2^64-2^32.
func degraded(v Values, selected uint32) uint64 {
	return uint64(v[0]) + uint64(selected)*uint64(v[1])
}
