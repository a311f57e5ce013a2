package policy

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// Verify must see each kind of damage: otherwise the model tests prove less than
// they seem to.
func TestVerifyFindsDamage(t *testing.T) {
	circled := func(damage func(*weightedCircle)) func(Set, *Members) {
		return func(s Set, _ *Members) { damage(s.(*weightedCircle)) }
	}
	drawn := func(damage func(*lottery)) func(Set, *Members) {
		return func(s Set, _ *Members) { damage(s.(*lottery)) }
	}
	tests := []struct {
		name   string
		policy wire.PolicyType
		// The members 1, 2, 3 and 4 have 5, 5, 9 and 0.
		damage func(s Set, m *Members)
		want   string
	}{
		{"circle", wire.RoundRobin, func(Set, *Members) {}, ""},
		{"circle: ring", wire.RoundRobin, func(_ Set, m *Members) { (&index.Ring{}).Remove(&m.links, 2) }, "and its count: 3 4"},

		{"ranking", wire.LeastUsed, func(Set, *Members) {}, ""},
		{"ranking: rank", wire.LeastUsed, func(_ Set, m *Members) { m.at(3).values[0]++ }, "does not stand under its rank"},
		{"ranking: queue", wire.LeastUsed, func(_ Set, m *Members) { (&index.Ring{}).Remove(&m.links, 2) }, "and their count: 3 4"},

		{"lottery", wire.WeightedRandom, func(Set, *Members) {}, ""},
		{"lottery: weight of a member", wire.WeightedRandom, func(_ Set, m *Members) { m.at(3).values[0] = 1 }, "in the wrong urn or place"},
		{"lottery: place of a member", wire.WeightedRandom, func(_ Set, m *Members) { m.at(2).n++ }, "in the wrong urn or place"},
		{"lottery: weight of an urn", wire.WeightedRandom, drawn(func(l *lottery) { l.urns[0].weight++ }), "a wrong weight or place"},
		{"lottery: order of urns", wire.WeightedRandom, drawn(func(l *lottery) { l.urns[0], l.urns[1] = l.urns[1], l.urns[0] }), "a wrong weight or place"},
		{"lottery: total", wire.WeightedRandom, drawn(func(l *lottery) { l.total++ }), "urns do not add up"},
		{"lottery: size", wire.WeightedRandom, drawn(func(l *lottery) { l.size++ }), "urns do not add up"},

		{"weighted", wire.WeightedRoundRobin, func(Set, *Members) {}, ""},
		{"weighted: deadline", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.board.deadlines[0]++ }), "stands wrongly on the board"},
		{"weighted: ahead", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.classes[0].ahead++ }), "stands wrongly on the board"},
		{"weighted: index", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.index = map[uint32]int{} }), "or in the index"},
		{"weighted: behind", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.now.at = 3 * turn }), "turns behind or ahead"},
		{"weighted: ahead of the others", wire.WeightedRoundRobin, circled(func(s *weightedCircle) {
			s.classes[0].due.at = 2 * turn
			s.place(0)
		}), "turns behind or ahead"},
		{"weighted: ring", wire.WeightedRoundRobin, func(_ Set, m *Members) { (&index.Ring{}).Remove(&m.links, 2) }, "and its count: 1 2"},
		{"weighted: total", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.total++ }), "classes do not add up"},
		{"weighted: size", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.size++ }), "classes do not add up"},
		{"weighted: winners", wire.WeightedRoundRobin, circled(func(s *weightedCircle) { s.board.top = nobody }), "other winners than its places say"},
		{"weighted: idle", wire.WeightedRoundRobin, func(_ Set, m *Members) { (&index.Ring{}).Remove(&m.links, 4) }, "in another ring"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMembers(&index.Nodes{})
			s := m.NewSet(tt.policy)
			for i, w := range []uint32{5, 5, 9, 0} {
				s.Join(uint32(i+1), Values{w})
			}
			tt.damage(s, m)
			if err := s.Verify(); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Verify gives %v, want %q", err, tt.want)
			}
			if s.Len() != 4 && tt.name != "weighted: size" {
				t.Errorf("Len is %d, want 4", s.Len())
			}
		})
	}
}

func TestMembersVerify(t *testing.T) {
	m := NewMembers(&index.Nodes{})
	m.NewSet(wire.LeastUsed).Join(7, Values{})
	m.NewSet(wire.RoundRobin).Join(2000, Values{})
	if err := m.Verify(func(slot uint32) bool { return slot == 7 || slot == 2000 }); err != nil {
		t.Error(err)
	}
	for _, only := range []uint32{7, 2000} {
		if err := m.Verify(func(slot uint32) bool { return slot == only }); err == nil {
			t.Errorf("only member %d is expected, and the other one not noticed", only)
		}
	}
}

// POL-5.2-04: a member that has been selected 2^32-1 times has degraded for good,
// and the largest sum of all fits.
func TestDegradationSaturates(t *testing.T) {
	m := NewMembers(&index.Nodes{})
	s := m.NewSet(wire.LeastUsedDegradation)
	m.join(1, Values{math.MaxUint32, math.MaxUint32}).n = math.MaxUint32 - 1
	s.(*ranking).add(1, m.at(1))
	s.Join(2, Values{math.MaxUint32, math.MaxUint32})
	before := uint64(0)
	for range 3 {
		list := s.Pick(nil, 0, nil)
		if list[0] != 2 || list[1] != 1 {
			t.Errorf("answer is %v, want [2 1]", list)
		}
		s.Turn(list)
		rank := s.(*ranking).rank(m.at(1))
		if n := m.at(1).n; n != math.MaxUint32 || rank < before {
			t.Errorf("selected %d times with rank %#x, after %#x", n, rank, before)
		}
		before = rank
		if err := s.Verify(); err != nil {
			t.Error(err)
		}
	}
	if want := uint64(math.MaxUint64 - math.MaxUint32); before != want {
		t.Errorf("the highest rank is %#x, want %#x", before, want)
	}
}

// An urn gives back the room of many who left.
func TestUrnShrinks(t *testing.T) {
	m := NewMembers(&index.Nodes{})
	s := m.NewSet(wire.Random).(*lottery)
	for slot := range uint32(1000) {
		s.Join(slot+1, Values{})
	}
	for slot := range uint32(1000) {
		s.Leave(slot + 1)
		if u := s.urns[0]; cap(u.slots) > max(minShrink, 4*len(u.slots)) {
			t.Fatalf("%d members have room for %d", len(u.slots), cap(u.slots))
		}
		if err := s.Verify(); err != nil {
			t.Fatal(err)
		}
	}
	if list := s.Pick(nil, 0, rand.New(rand.NewPCG(1, 2))); len(list) > 0 {
		t.Errorf("an empty set gives %v", list)
	}
}
