package policy

import "rserpool/registrar/wire"

// priority is RFC 5356 section 4.5: the highest priorities, in decreasing order.
// Equal ones take turns, which the RFC leaves open.
var priority = Rule{
	Type: wire.Priority, Short: "prio", Name: "priority", Title: "Priority",
	Fields: []Field{priorityField},
	NewSet: Ranked(func(v Values) uint64 { return uint64(^v[0]) }),
	User:   InOrder,
}
