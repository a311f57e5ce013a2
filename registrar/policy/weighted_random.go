package policy

import "rserpool/registrar/wire"

// weightedRandom is RFC 5356 section 4.4: each element with a probability in
// proportion to its weight.
var weightedRandom = Rule{
	Type: wire.WeightedRandom, Short: "wrand", Name: "weighted_random", Title: "Weighted random",
	Fields: []Field{weightField},
	NewSet: Drawn(func(v Values) uint32 { return v[0] }),
	User:   AtRandom,
}
