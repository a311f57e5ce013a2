package policy

import (
	"encoding/binary"
	"errors"

	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// Values are the first two fields of a policy's parameter, 0 where it has fewer:
// all that a registrar selects by.
type Values [2]uint32

// ValuesOf gives the values in a policy.
func ValuesOf(p wire.Policy) Values {
	switch p.Type {
	case wire.RoundRobin, wire.Random:
		return Values{}
	case wire.WeightedRoundRobin, wire.WeightedRandom:
		return Values{p.Weight}
	case wire.Priority:
		return Values{p.Priority}
	case wire.LeastUsed, wire.RandomizedLeastUsed:
		return Values{p.Load}
	case wire.LeastUsedDegradation, wire.PriorityLeastUsed:
		return Values{p.Load, p.Degradation}
	}
	var v Values
	for i := range v {
		if raw := p.Raw; len(raw) >= 4*(i+1) {
			v[i] = binary.BigEndian.Uint32([]byte(raw[4*i : 4*i+4]))
		}
	}
	return v
}

// Policy gives the policy of a type that RFC 5356 defines with these values.
func (v Values) Policy(t wire.PolicyType) wire.Policy {
	p := wire.Policy{Type: t}
	switch t {
	case wire.RoundRobin, wire.Random: // have none
	case wire.WeightedRoundRobin, wire.WeightedRandom:
		p.Weight = v[0]
	case wire.Priority:
		p.Priority = v[0]
	case wire.LeastUsed, wire.RandomizedLeastUsed:
		p.Load = v[0]
	case wire.LeastUsedDegradation, wire.PriorityLeastUsed:
		p.Load, p.Degradation = v[0], v[1]
	}
	return p
}

// member is what a set keeps of one member. It holds no pointer: a million of
// them cost the garbage collector nothing.
type member struct {
	values Values
	// n is the set's: how often the member was selected, or its place in a list.
	n uint32
}

// Members keeps the members of all sets of one handlespace.
type Members struct {
	members index.Slab[member]
	links   index.Links
	nodes   *index.Nodes
}

// NewMembers makes a store whose trees have their nodes in nodes.
func NewMembers(nodes *index.Nodes) *Members { return &Members{nodes: nodes} }

// Values gives what the member joined with, or was updated to.
func (m *Members) Values(slot uint32) Values { return m.at(slot).values }

func (m *Members) at(slot uint32) *member { return m.members.At(slot) }

// Verify checks that nobody stands in a queue or circle of any set but those who
// are in one: for tests.
func (m *Members) Verify(in func(slot uint32) bool) error {
	var err error
	m.links.All(func(slot uint32) bool {
		if !in(slot) {
			err = errors.New("policy: somebody who left still has a turn")
		}
		return err == nil
	})
	return err
}

// join gives a fresh record to the member.
func (m *Members) join(slot uint32, v Values) *member {
	m.members.Grow(slot)
	r := m.at(slot)
	*r = member{values: v}
	return r
}
