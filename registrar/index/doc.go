// Package index is ordered storage without pointers: slabs of values addressed by
// number, ordered maps from uint64 to uint32 over shared nodes, and queues and
// rings of such numbers.
//
// It knows no pool, element, policy or time: what a key or a value number means is
// its caller's. What lies in a slab never moves, trees hold numbers instead of
// pointers, and what is given back is used again, so that the garbage collector
// neither scans nor frees anything in the steady state. Nothing in it is safe for
// concurrent use.
//
// Start with slab.go, then nodes.go and tree.go; queues.go and ring.go are built
// of those.
package index
