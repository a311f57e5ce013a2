// Package sim runs an operation scope in virtual time: registrars, pool elements
// and pool users as the real state machines, links with latency between them, and
// faults. One seed replays everything, byte for byte.
//
// It knows what a network and a machine do to a program: deliver late, lose an
// association, split, freeze, die and come back under a new server ID, run a
// clock that is a little fast. It refuses to know what registrars and elements
// do inside: they get events, their effects are performed, and what it checks it
// sees in their messages, in the feed and in the answers to users. It holds no
// goroutine, socket or clock; chance comes from the seed alone.
//
// Open scope.go first (New, Run, the loop), then batch.go (what is stepped
// together, in parts if the caller can), link.go (associations), channel.go (the
// links between users and elements), user.go (what users do), fault.go (what goes
// wrong), view.go (what a registrar says of itself), check.go and check_user.go (what
// must hold all the same).
package sim
