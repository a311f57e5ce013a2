package policy

import "rserpool/registrar/wire"

// priorityLeastUsed is RFC 5356 section 5.3: the lowest sums of load and
// degradation, that is, of what the load would be with one more user.
var priorityLeastUsed = Rule{
	Type: wire.PriorityLeastUsed, Short: "plu", Name: "priority_least_used", Title: "Priority least used",
	Fields: []Field{loadField, degradationField},
	NewSet: Ranked(func(v Values) uint64 { return uint64(v[0]) + uint64(v[1]) }),
	User:   InOrder,
}
