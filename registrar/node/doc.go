// Package node runs a registrar: it is the only driver of package registrar.
//
// It knows the clock, entropy, listeners and associations. One goroutine owns
// the state machine: it takes inputs from one inbox, reads the clock once a
// turn, and performs effects in their order. Around it, each association has a
// goroutine that reads and one that writes, so that a slow peer delays nobody
// else. ASAP comes over SCTP and, for pool users, over TCP and TLS; the registrar is
// told which, and what the association has proven of its other end. It refuses to
// know what a message says; the payload protocol identifier decides which port takes
// it, and nothing else of it is looked at here but whether it is a handle resolution,
// whose answer is timed.
//
// Open node.go first, then loop.go (the turns), effects.go (what a registrar
// wants done), link.go (one association), credential.go (who is at its other end),
// refusals.go (who did not get in), alive.go (whether it still runs), measures.go (what
// metrics are made of) and announce.go (multicast groups).
package node
