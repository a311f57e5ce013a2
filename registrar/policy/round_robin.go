package policy

import (
	"math/rand/v2"

	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// roundRobin is RFC 5356 section 4.1: a circular list whose head moves by one
// with each handle resolution.
var roundRobin = Rule{
	Type: wire.RoundRobin, Short: "rr", Name: "round_robin", Title: "Round robin",
	NewSet: Circular, User: InTurn,
}

// Circular selects by Round Robin, whatever the values are.
func Circular(m *Members) Set { return &circle{members: m} }

// arrival lists members in the order held, that of arrival: what is left to do
// for a policy that is only carried.
func arrival(m *Members) Set { return &circle{members: m, still: true} }

// circle is the circular list. A still one never moves its head.
type circle struct {
	members *Members
	ring    index.Ring
	still   bool
}

func (c *circle) Join(slot uint32, v Values) {
	c.members.join(slot, v)
	c.ring.Add(&c.members.links, slot)
}

func (c *circle) Update(slot uint32, v Values) { c.members.at(slot).values = v }

func (c *circle) Leave(slot uint32) { c.ring.Remove(&c.members.links, slot) }

func (c *circle) Pick(list []uint32, limit int, _ *rand.Rand) []uint32 {
	slot := c.ring.Head()
	for range bounded(limit, c.ring.Len()) {
		list = append(list, slot)
		slot = c.members.links.Next(slot)
	}
	return list
}

func (c *circle) Turn([]uint32) {
	if !c.still {
		c.ring.Rotate(&c.members.links)
	}
}

func (c *circle) Len() int { return c.ring.Len() }

func (c *circle) Verify() error { return c.ring.Verify(&c.members.links) }

// bounded is how many of n members a limit lets through; 0 is no limit.
func bounded(limit, n int) int {
	if limit <= 0 {
		return n
	}
	return min(limit, n)
}
