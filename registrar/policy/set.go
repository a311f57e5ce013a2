package policy

import (
	"math/rand/v2"

	"rserpool/registrar/wire"
)

// Set is the selection state of one pool: which members come next. Members are
// numbers of the caller's choice from 1 on, each in at most one set of the same
// Members.
type Set interface {
	// Join adds a member with the values of its policy.
	Join(slot uint32, v Values)
	// Update is for a member that registered again: it has new values, or the
	// same. Where its place depends on them and they have changed, it goes
	// behind its equals; else it keeps its turn.
	Update(slot uint32, v Values)
	// Leave takes a member out.
	Leave(slot uint32)
	// Pick appends up to limit members (0: all), best first and none twice. It
	// changes nothing but the state of random, and takes time in proportion to
	// what it appends, times the logarithm of the pool at most.
	Pick(list []uint32, limit int, random *rand.Rand) []uint32
	// Turn moves the state on behind an answer: picked is what Pick gave last, and
	// nobody has joined, left or changed since.
	Turn(picked []uint32)
	// Len is how many members there are, also those that cannot serve.
	Len() int
	// Verify checks the state against itself: for tests.
	Verify() error
}

// NewSet gives an empty set for a pool of the given policy type, known or not.
func (m *Members) NewSet(t wire.PolicyType) Set {
	if r := RuleOf(t); r.NewSet != nil {
		return r.NewSet(m)
	}
	return arrival(m)
}
