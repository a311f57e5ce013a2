package policy

import "rserpool/registrar/wire"

// random is RFC 5356 section 4.3: each element with the same probability.
var random = Rule{
	Type: wire.Random, Short: "rand", Name: "random", Title: "Random",
	NewSet: Drawn(func(Values) uint32 { return 1 }),
	User:   AtRandom,
}
