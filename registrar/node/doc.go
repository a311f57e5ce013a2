// Package node runs a registrar: it is the only driver of package registrar.
//
// It knows the clock, entropy, listeners and associations. Whoever has read messages
// takes a turn of the state machine with them and all that waits, unless somebody does
// already: one at a time, without a goroutine to wake for it. A turn reads the clock
// once, and performs effects in their order; what it sends goes out at once where the
// association can, else a goroutine of the association waits for room, so that a slow
// peer delays nobody else. ASAP comes over SCTP and, for pool users, over TCP and TLS;
// the registrar is told which, and what the association has proven of its other end. It
// refuses to know what a message says; the payload protocol identifier decides which
// port takes it, and nothing else of it is looked at here but whether it is a handle
// resolution, whose answer is timed.
//
// Open node.go first, then queue.go (who takes a turn), loop.go (the turns), effects.go
// (what a registrar wants done), link.go (one association), reading.go (how it is read),
// overload.go (how much is answered when there is too much to do), admission.go (what else
// waits or is refused), lines.go (in which order it waits), pace.go (a registrar that says
// too much), credential.go (who is at its other end), refusals.go (who did not get in),
// limits.go (what the node bounds by itself), reconfigure.go (other settings while it
// runs), alive.go (whether it still runs), measures.go (what metrics are made of) and
// announce.go (multicast groups).
package node
