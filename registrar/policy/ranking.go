package policy

import (
	"errors"
	"math/rand/v2"

	"rserpool/registrar/index"
)

// Ranked selects the members with the lowest ranks, in ascending order, and by
// round robin among those of one rank. The rank may depend on the member's
// values only.
func Ranked(rank func(Values) uint64) func(*Members) Set {
	return func(m *Members) Set {
		return &ranking{members: m, by: func(v Values, _ uint32) uint64 { return rank(v) }}
	}
}

// Degrading is Ranked for ranks that depend also on how often the member was
// selected since it registered last. All members of an answer count as selected.
func Degrading(rank func(v Values, selected uint32) uint64) func(*Members) Set {
	return func(m *Members) Set {
		return &ranking{members: m, degrades: true, by: rank}
	}
}

// ranking queues members by rank. A rotation of the lowest queue is all that a
// resolution changes, unless it degrades.
type ranking struct {
	members  *Members
	queues   index.Queues
	by       func(v Values, selected uint32) uint64
	degrades bool
}

func (s *ranking) rank(r *member) uint64 { return s.by(r.values, r.n) }

func (s *ranking) Join(slot uint32, v Values) { s.add(slot, s.members.join(slot, v)) }

func (s *ranking) Update(slot uint32, v Values) {
	r := s.members.at(slot)
	before := s.rank(r)
	*r = member{values: v}
	if after := s.rank(r); before != after {
		s.queues.Move(s.members.nodes, &s.members.links, before, after, slot)
	}
}

func (s *ranking) Leave(slot uint32) {
	s.queues.Remove(s.members.nodes, &s.members.links, s.rank(s.members.at(slot)), slot)
}

func (s *ranking) add(slot uint32, r *member) {
	s.queues.Add(s.members.nodes, &s.members.links, s.rank(r), slot)
}

func (s *ranking) Pick(list []uint32, limit int, _ *rand.Rand) []uint32 {
	n := bounded(limit, s.queues.Len())
	if n == 1 {
		_, slot, _ := s.queues.Min(s.members.nodes)
		return append(list, slot)
	}
	if n == 0 {
		return list
	}
	s.queues.All(s.members.nodes, &s.members.links, 0, func(_ uint64, slot uint32) bool {
		list = append(list, slot)
		n--
		return n > 0
	})
	return list
}

func (s *ranking) Turn(picked []uint32) {
	if len(picked) == 0 {
		return
	}
	first := picked[0]
	if !s.degrades {
		s.queues.Rotate(s.members.nodes, &s.members.links, s.rank(s.members.at(first)))
		return
	}
	for _, slot := range picked {
		r := s.members.at(slot)
		before := s.rank(r)
		if r.n++; r.n == 0 {
			r.n-- // 2^32 selections without a registration: it has degraded enough
		}
		s.queues.Move(s.members.nodes, &s.members.links, before, s.rank(r), slot)
	}
	// An answer with all members of a rank leaves their order as it was: the
	// first one must not be the first again.
	if rank, slot, _ := s.queues.Min(s.members.nodes); slot == first {
		s.queues.Rotate(s.members.nodes, &s.members.links, rank)
	}
}

func (s *ranking) Len() int { return s.queues.Len() }

func (s *ranking) Verify() error {
	var err error
	s.queues.All(s.members.nodes, &s.members.links, 0, func(rank uint64, slot uint32) bool {
		if s.rank(s.members.at(slot)) != rank {
			err = errors.New("policy: a member does not stand under its rank")
		}
		return err == nil
	})
	return errors.Join(err, s.queues.Verify(s.members.nodes, &s.members.links))
}
