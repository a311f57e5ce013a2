package policy

import "rserpool/registrar/wire"

// randomizedLeastUsed is RFC 5356 section 5.4: weighted random with what is left
// of the capacity. An element at 100 % load weighs 1, not 0: it stays a backup.
var randomizedLeastUsed = Rule{
	Type: wire.RandomizedLeastUsed, Short: "rlu", Name: "randomized_least_used", Title: "Randomized least used",
	Fields: []Field{loadField},
	NewSet: Drawn(func(v Values) uint32 { return max(1, ^v[0]) }),
	User:   AtRandom,
}
