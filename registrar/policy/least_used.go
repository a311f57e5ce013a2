package policy

import "rserpool/registrar/wire"

// leastUsed is RFC 5356 section 5.1: the lowest loads, in ascending order.
var leastUsed = Rule{
	Type: wire.LeastUsed, Short: "lu", Name: "least_used", Title: "Least used",
	Fields: []Field{loadField},
	NewSet: Ranked(func(v Values) uint64 { return uint64(v[0]) }),
	User:   InOrder,
}
