package policy_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// naive is a selector that looks at all members each time.
type naive interface {
	join(slot uint32, v policy.Values)
	update(slot uint32, v policy.Values)
	leave(slot uint32)
	// answer is what a resolution of all gives, in order; turn moves on behind
	// one that took so many.
	answer() []uint32
	turn(taken int)
}

// sorted is a naive selector of the policies that rank: a list in which whoever
// comes or changes goes to the end, sorted by rank where it is asked.
type sorted struct {
	order []uint32
	rank  func(v policy.Values, selected uint64) uint64
	// degrades: being selected counts.
	degrades bool
	values   map[uint32]policy.Values
	selected map[uint32]uint64
}

func (s *sorted) join(slot uint32, v policy.Values) {
	s.values[slot], s.selected[slot] = v, 0
	s.order = append(s.order, slot)
}

func (s *sorted) update(slot uint32, v policy.Values) {
	before := s.of(slot)
	s.values[slot], s.selected[slot] = v, 0
	if s.of(slot) != before {
		s.last(slot)
	}
}

func (s *sorted) leave(slot uint32) {
	s.order = slices.DeleteFunc(s.order, func(other uint32) bool { return other == slot })
}

func (s *sorted) of(slot uint32) uint64 { return s.rank(s.values[slot], s.selected[slot]) }

func (s *sorted) last(slot uint32) {
	s.leave(slot)
	s.order = append(s.order, slot)
}

func (s *sorted) answer() []uint32 {
	list := slices.Clone(s.order)
	slices.SortStableFunc(list, func(a, b uint32) int {
		switch x, y := s.of(a), s.of(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return list
}

func (s *sorted) turn(taken int) {
	list := s.answer()
	if len(list) == 0 {
		return
	}
	if !s.degrades {
		s.last(list[0])
		return
	}
	for _, slot := range list[:taken] {
		s.selected[slot]++
		s.last(slot)
	}
	if s.answer()[0] == list[0] {
		s.last(list[0])
	}
}

func newSorted(degrades bool, rank func(v policy.Values, selected uint64) uint64) *sorted {
	return &sorted{rank: rank, degrades: degrades, values: map[uint32]policy.Values{}, selected: map[uint32]uint64{}}
}

// rotated is a naive selector of Round Robin.
type rotated []uint32

func (r *rotated) join(slot uint32, _ policy.Values) { *r = append(*r, slot) }
func (r *rotated) update(uint32, policy.Values)      {}
func (r *rotated) leave(slot uint32) {
	*r = slices.DeleteFunc(*r, func(other uint32) bool { return other == slot })
}
func (r *rotated) answer() []uint32 { return slices.Clone(*r) }
func (r *rotated) turn(int) {
	if l := *r; len(l) > 0 {
		*r = append(l[1:len(l):len(l)], l[0])
	}
}

// TestAgainstNaiveSelectors compares each answer of the deterministic policies,
// while members come, go and change.
func TestAgainstNaiveSelectors(t *testing.T) {
	some := rapid.SampledFrom([]uint32{0, 1, 2, 3, 5, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff})
	models := map[wire.PolicyType]func() naive{
		wire.RoundRobin: func() naive { return &rotated{} }, // POL-4.1-02 POL-4.1-03 POL-4.1-05
		wire.WeightedRoundRobin: func() naive { // POL-4.2-06 POL-3-02
			return newNaiveCircle()
		},
		wire.Priority: func() naive { // POL-4.5-01 POL-4.5-02
			return newSorted(false, func(v policy.Values, _ uint64) uint64 { return 0xffffffff - uint64(v[0]) })
		},
		wire.LeastUsed: func() naive { // POL-5.1-01 POL-5.1-02
			return newSorted(false, func(v policy.Values, _ uint64) uint64 { return uint64(v[0]) })
		},
		wire.LeastUsedDegradation: func() naive { // POL-5.2-01 POL-5.2-02 POL-5.2-03
			return newSorted(true, func(v policy.Values, n uint64) uint64 { return uint64(v[0]) + n*uint64(v[1]) })
		},
		wire.PriorityLeastUsed: func() naive { // POL-5.3-01
			return newSorted(false, func(v policy.Values, _ uint64) uint64 { return uint64(v[0]) + uint64(v[1]) })
		},
	}
	for _, typ := range slices.Sorted(maps.Keys(models)) {
		t.Run(policy.Short(typ), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p, m := newPool(typ), models[typ]()
				var in []uint32
				values := func(t *rapid.T) policy.Values {
					return policy.Values{some.Draw(t, "value"), some.Draw(t, "second")}
				}
				t.Repeat(map[string]func(*rapid.T){
					"join": func(t *rapid.T) {
						slot := rapid.Uint32Range(1, 12).Filter(func(slot uint32) bool { return !slices.Contains(in, slot) }).Draw(t, "slot")
						v := values(t)
						p.Join(slot, v)
						m.join(slot, v)
						in = append(in, slot)
					},
					"update": func(t *rapid.T) {
						if len(in) == 0 {
							t.Skip("nobody")
						}
						slot, v := rapid.SampledFrom(in).Draw(t, "slot"), values(t)
						p.Update(slot, v)
						m.update(slot, v)
					},
					"leave": func(t *rapid.T) {
						if len(in) == 0 {
							t.Skip("nobody")
						}
						slot := rapid.SampledFrom(in).Draw(t, "slot")
						p.Leave(slot)
						m.leave(slot)
						in = slices.DeleteFunc(in, func(other uint32) bool { return other == slot })
					},
					"resolve": func(t *rapid.T) { compare(t, p, m, rapid.IntRange(0, 5).Draw(t, "limit")) },
					"again":   func(t *rapid.T) { compare(t, p, m, rapid.IntRange(0, 2).Draw(t, "limit")) },
					"":        func(t *rapid.T) { p.verify(t) },
				})
			})
		})
	}
}

func compare(t *rapid.T, p *pool, m naive, limit int) {
	want := m.answer()
	if limit > 0 && limit < len(want) {
		want = want[:limit]
	}
	m.turn(len(want))
	if diff := cmp.Diff(want, p.answer(t, limit), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("answer of at most %d (-want +got):\n%s", limit, diff)
	}
}

// TestRandomAnswers: whatever comes, goes and changes, an answer of the policies
// that draw has as many members as may serve, none twice, none that may not.
func TestRandomAnswers(t *testing.T) { // POL-4.3-01 POL-4.4-01 POL-3-02 POL-5.4-02
	some := rapid.SampledFrom([]uint32{0, 0, 1, 2, 3, 1000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff})
	for typ, weigh := range map[wire.PolicyType]func(uint32) uint32{
		wire.Random:              func(uint32) uint32 { return 1 },
		wire.WeightedRandom:      func(w uint32) uint32 { return w },
		wire.RandomizedLeastUsed: func(load uint32) uint32 { return max(1, 0xffffffff-load) },
	} {
		t.Run(policy.Short(typ), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p, m := newPool(typ), map[uint32]uint32{}
				t.Repeat(map[string]func(*rapid.T){
					"register": func(t *rapid.T) {
						slot, value := rapid.Uint32Range(1, 12).Draw(t, "slot"), some.Draw(t, "value")
						if _, ok := m[slot]; ok {
							p.Update(slot, policy.Values{value})
						} else {
							p.Join(slot, policy.Values{value})
						}
						m[slot] = weigh(value)
					},
					"leave": func(t *rapid.T) {
						slot := rapid.Uint32Range(1, 12).Draw(t, "slot")
						if _, ok := m[slot]; ok {
							p.Leave(slot)
							delete(m, slot)
						}
					},
					"resolve": func(t *rapid.T) {
						limit := rapid.IntRange(0, 5).Draw(t, "limit")
						list := p.answer(t, limit)
						serving := 0
						for _, w := range m {
							if w > 0 {
								serving++
							}
						}
						want := len(m)
						if serving > 0 {
							want = serving
						}
						if limit > 0 {
							want = min(want, limit)
						}
						if len(list) != want || !distinct(list) {
							t.Fatalf("answer of at most %d is %v, want %d different ones of %v", limit, list, want, m)
						}
						for _, slot := range list {
							if w, ok := m[slot]; !ok || serving > 0 && w == 0 {
								t.Fatalf("answer %v has %d, of %v", list, slot, m)
							}
						}
					},
					"": func(t *rapid.T) { p.verify(t) },
				})
			})
		})
	}
}
