package policy

import (
	"slices"

	"rserpool/registrar/index"
	"rserpool/registrar/wire"
)

// weightedRoundRobin is RFC 5356 section 4.2: a circular list in which each
// element stands as often as its weight says, spread as evenly as possible.
var weightedRoundRobin = Rule{
	Type: wire.WeightedRoundRobin, Short: "wrr", Name: "weighted_round_robin", Title: "Weighted round robin",
	Fields: []Field{weightField},
	NewSet: Weighted(func(v Values) uint32 { return v[0] }),
	User:   InTurn,
}

// Weighted selects by Weighted Round Robin. A member with weight 0 cannot serve:
// it gets a turn only while all members have weight 0 (RFC 5356 section 3.2).
func Weighted(weight func(Values) uint32) func(*Members) Set {
	return func(m *Members) Set { return &weightedCircle{members: m, weight: weight, board: board{top: nobody}} }
}

// weightedCircle is the circular list without its entries, which may be many
// billions. Members of equal weight form a class and take turns within it. The
// classes take turns as "earliest eligible virtual deadline first" says:
//
// A whole turn of the circle takes a virtual time of 1, and an entry 1/total. A
// class of weight w may have its turn number i from i/w on (it is ready) and
// should have it before (i+1)/w, its deadline. Each entry goes to the ready
// class with the earliest deadline. So no class is ever a whole entry behind or
// ahead of its share while the members stay, and a whole turn gives each exactly
// its weight. Members that go with turns they had early leave the others behind,
// by less than two turns of the circle.
type weightedCircle struct {
	members *Members
	weight  func(Values) uint32
	// classes are in no order. weights are theirs; index finds one where they are
	// many.
	classes []class
	weights []uint32
	index   map[uint32]int
	board   board
	// total is the weight of all members, size how many of them weigh something.
	total uint64
	size  int
	// now is the virtual time behind the entries that have been looked ahead.
	now   moment
	ahead lookahead
	// idle are the members with weight 0.
	idle index.Ring
}

// class is the members of one weight.
type class struct {
	ring   index.Ring
	weight uint32
	// ahead is how many of the entries looked ahead are its.
	ahead int32
	// due is when its next turn may be.
	due moment
}

func (c *class) total() uint64 { return uint64(c.weight) * uint64(c.ring.Len()) } //nolint:gosec // a length

func (s *weightedCircle) Join(slot uint32, v Values) {
	s.members.join(slot, v)
	s.add(slot, s.weight(v))
}

func (s *weightedCircle) Update(slot uint32, v Values) {
	r := s.members.at(slot)
	before, after := s.weight(r.values), s.weight(v)
	r.values = v
	if before != after {
		s.remove(slot, before)
		s.add(slot, after)
	}
}

func (s *weightedCircle) Leave(slot uint32) { s.remove(slot, s.weight(s.members.at(slot).values)) }

func (s *weightedCircle) add(slot, weight uint32) {
	s.rewind()
	if weight == 0 {
		s.idle.Add(&s.members.links, slot)
		return
	}
	i, ok := s.find(weight)
	if !ok {
		i = s.open(weight)
	}
	s.total += uint64(weight)
	s.size++
	s.classes[i].ring.Add(&s.members.links, slot)
	s.resume(i)
}

func (s *weightedCircle) remove(slot, weight uint32) {
	s.rewind()
	if weight == 0 {
		s.idle.Remove(&s.members.links, slot)
		return
	}
	i, _ := s.find(weight)
	s.total -= uint64(weight)
	s.size--
	s.classes[i].ring.Remove(&s.members.links, slot)
	if s.classes[i].ring.Len() == 0 {
		s.close(i)
		i = none
	}
	s.resume(i)
}

// resume goes on with the weights as they are now. The class at i has changed,
// unless that is none.
func (s *weightedCircle) resume(i int) {
	s.now.pace(s.total)
	if i != none {
		s.classes[i].due.pace(s.classes[i].total())
		s.place(i)
	}
	s.settle()
	s.ahead.woken = s.ahead.woken[:0] // no entry woke them: they stay ready
}

// few is how many classes are searched one by one.
const few = 128

func (s *weightedCircle) find(weight uint32) (int, bool) {
	if s.index != nil {
		i, ok := s.index[weight]
		return i, ok
	}
	i := slices.Index(s.weights, weight)
	return i, i >= 0
}

func (s *weightedCircle) open(weight uint32) int {
	i := len(s.classes)
	if i == 0 {
		s.classes, s.weights = make([]class, 0, 4), make([]uint32, 0, 4)
	}
	s.weights = append(s.weights, weight)
	s.classes = append(s.classes, class{weight: weight, due: moment{at: s.now.at}})
	s.board.grow()
	if s.index != nil {
		s.index[weight] = i
	} else if i == few {
		s.index = make(map[uint32]int)
		for i, weight := range s.weights {
			s.index[weight] = i
		}
	}
	return i
}

// close takes a class out; the last one gets its place.
func (s *weightedCircle) close(i int) {
	last := len(s.classes) - 1
	if s.index != nil {
		s.index[s.classes[last].weight] = i
		delete(s.index, s.classes[i].weight)
	}
	s.classes[i], s.weights[i] = s.classes[last], s.weights[last]
	s.classes, s.weights = s.classes[:last], s.weights[:last]
	s.board.shrink(i)
}

// place puts a class on the board as its due time says.
func (s *weightedCircle) place(i int) {
	if due := &s.classes[i].due; due.at <= s.now.at {
		s.board.ready(i, due.next())
	} else {
		s.board.waits(i, due.at)
	}
}

// settle makes those classes ready whose time has come, and gives how many. Where
// none is ready, since the weights have changed, time goes on to the next one's.
func (s *weightedCircle) settle() (woken int32) {
	for top := &s.board.top; top.waiting != none; woken++ {
		if top.time > s.now.at {
			if top.ready != none {
				break
			}
			s.now.at = top.time
			s.now.pace(s.total)
		}
		i := int(top.waiting)
		s.ahead.wake(i)
		s.board.ready(i, s.classes[i].due.next())
	}
	return woken
}

// rebase moves all times back, before they exceed 64 bits: half the way, so that
// those of classes that are behind stay above 0.
func (s *weightedCircle) rebase() {
	s.rewind()
	const back = latest / 2
	s.now.at -= back
	for i := range s.classes {
		s.classes[i].due.at -= back
		s.place(i)
	}
}
