package policy

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"rserpool/registrar/wire"
)

// Use is what a pool user does with the list in an answer.
type Use uint8

// The ways to use a list.
const (
	// InTurn takes the elements in the order of the list from the first on, and
	// round again (RFC 5356 sections 4.1.3 and 4.2.3).
	InTurn Use = iota
	// AtRandom takes any of them each time, all with the same probability: the
	// registrar has drawn them by their weights (sections 4.3.3, 4.4.3 and 5.4.3).
	AtRandom
	// InOrder takes the best element that has not failed, and the next one only
	// after its failure (sections 4.5.3, 5.1.3, 5.2.3 and 5.3.3).
	InOrder
)

// Choice is a pool user's selection among the elements of one answer to a handle
// resolution. The zero value has none.
type Choice struct {
	use Use
	// left are the places in the list that have not failed, best first.
	left []int
	// ids are the elements by place.
	ids []wire.PEIdentifier
	// turn is the place in left that is next.
	turn int
}

// NewChoice starts with an answer: the overall policy of the pool, 0 where the
// answer has none (then it is round robin, RFC 5352 section 2.2.6), and the list
// of elements. An element that stands in it repeatedly is taken that often; one
// with weight 0 cannot serve and counts as failed while another one has weight
// (RFC 5356 section 3.2).
func NewChoice(overall wire.PolicyType, list []wire.PoolElement) Choice {
	if overall == 0 {
		overall = wire.RoundRobin
	}
	c := Choice{use: RuleOf(overall).User, ids: make([]wire.PEIdentifier, len(list))}
	all := make([]int, len(list))
	for i := range list {
		all[i], c.ids[i] = i, list[i].ID
		if !weightless(overall, list[i].Policy) {
			c.left = append(c.left, i)
		}
	}
	if len(c.left) == 0 {
		c.left = all
	}
	if overall == wire.Priority {
		slices.SortStableFunc(c.left, func(a, b int) int {
			return cmp.Compare(list[b].Policy.Priority, list[a].Policy.Priority)
		})
	}
	return c
}

// weightless reports whether an element of a pool with this overall policy has
// the weight 0. One with another policy has an unknown weight.
func weightless(overall wire.PolicyType, p wire.Policy) bool {
	if p.Type != overall {
		return false
	}
	values, ok := Fields(p)
	return ok && len(values) > 0 && values[0] == FieldValue{weightField, 0}
}

// Next gives the place in the list of the element to use now; it is false where
// all have failed. Only AtRandom draws from random.
func (c *Choice) Next(random *rand.Rand) (i int, ok bool) {
	if len(c.left) == 0 {
		return 0, false
	}
	switch c.use {
	case AtRandom:
		return c.left[random.IntN(len(c.left))], true
	case InTurn:
		i = c.left[c.turn]
		c.turn = (c.turn + 1) % len(c.left)
		return i, true
	default:
		return c.left[0], true
	}
}

// Failed takes out the element at this place in the list, in all its places: it
// is not chosen again. The others keep their turn.
func (c *Choice) Failed(i int) {
	if i < 0 || i >= len(c.ids) {
		return
	}
	left, turn := c.left[:0], c.turn
	for at, place := range c.left {
		switch {
		case c.ids[place] != c.ids[i]:
			left = append(left, place)
		case at < c.turn:
			turn--
		}
	}
	c.left, c.turn = left, turn
	if c.turn >= len(left) {
		c.turn = 0
	}
}

// Left is how many places of the list have not failed.
func (c *Choice) Left() int { return len(c.left) }
