package policy

import (
	"math/rand/v2"

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
	return func(m *Members) Set { return &weightedCircle{members: m, weight: weight} }
}

// weightedCircle is the circular list without its entries, which may be many
// billions. Members of equal weight form a class and take turns within it. The
// classes take turns as "earliest eligible virtual deadline first" says:
//
// A whole turn of the circle takes a virtual time of 1, and an entry 1/total. A
// class of weight w may have its turn number i from i/w on (it is ready) and
// should have it before (i+1)/w, its deadline. Each entry goes to the ready
// class with the earliest deadline. So no class is ever a whole entry behind or
// ahead of its share, and a whole turn gives each exactly its weight.
type weightedCircle struct {
	members *Members
	weight  func(Values) uint32
	// classes are in no order; index finds one by weight where they are many.
	classes []class
	index   map[uint32]int
	board   board
	// total is the weight of all members, size how many of them weigh something.
	total uint64
	size  int
	// now is the virtual time.
	now moment
	// idle are the members with weight 0.
	idle     index.Ring
	forecast forecast
}

// class is the members of one weight.
type class struct {
	ring   index.Ring
	weight uint32
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
	c := &s.classes[i]
	c.ring.Add(&s.members.links, slot)
	s.resume(i)
}

func (s *weightedCircle) remove(slot, weight uint32) {
	if weight == 0 {
		s.idle.Remove(&s.members.links, slot)
		return
	}
	i, _ := s.find(weight)
	s.total -= uint64(weight)
	s.size--
	c := &s.classes[i]
	c.ring.Remove(&s.members.links, slot)
	if c.ring.Len() == 0 {
		s.close(i)
		i = -1
	}
	s.resume(i)
}

// resume goes on with the weights as they are now. The class at i has changed,
// unless that is -1.
func (s *weightedCircle) resume(i int) {
	s.now.pace(s.total)
	if i >= 0 {
		c := &s.classes[i]
		c.due.pace(c.total())
		s.place(i)
	}
	s.settle()
}

// few is how many classes are searched one by one.
const few = 16

func (s *weightedCircle) find(weight uint32) (int, bool) {
	if s.index != nil {
		i, ok := s.index[weight]
		return i, ok
	}
	for i := range s.classes {
		if s.classes[i].weight == weight {
			return i, true
		}
	}
	return 0, false
}

func (s *weightedCircle) open(weight uint32) int {
	i := len(s.classes)
	s.classes = append(s.classes, class{weight: weight, due: moment{base: s.now.at()}})
	s.board.grow()
	if s.index != nil {
		s.index[weight] = i
	} else if i == few {
		s.index = make(map[uint32]int)
		for i, c := range s.classes {
			s.index[c.weight] = i
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
	s.classes[i] = s.classes[last]
	s.board.set(i, s.board.at(last))
	s.board.shrink()
	s.classes = s.classes[:last]
}

// place puts a class on the board as its due time says.
func (s *weightedCircle) place(i int) {
	from := s.classes[i].due.at()
	s.set(i, entry{from: from, until: s.classes[i].due.next().at(), ready: from <= s.now.at()})
}

// settle makes those classes ready whose time has come. Where none is, since the
// weights have changed, time goes on to the next one's.
func (s *weightedCircle) settle() {
	for {
		ready, waiting := s.board.best()
		if waiting < 0 {
			return
		}
		e := s.board.at(waiting)
		if e.from > s.now.at() {
			if ready >= 0 {
				return
			}
			s.now = moment{base: e.from, of: s.total}
		}
		e.ready = true
		s.set(waiting, e)
	}
}

// Turn moves the head by one entry.
func (s *weightedCircle) Turn([]uint32) {
	i, _ := s.board.best()
	if i < 0 {
		s.idle.Rotate(&s.members.links)
		return
	}
	s.classes[i].ring.Rotate(&s.members.links)
	s.pass(i)
	if s.now.base >= latest {
		s.rebase()
	}
}

// pass goes on behind a turn of a class.
func (s *weightedCircle) pass(i int) {
	c := &s.classes[i]
	c.due = c.due.next()
	s.now = s.now.next()
	s.place(i)
	s.settle()
}

// rebase moves all times back to near 0, before they exceed 64 bits.
func (s *weightedCircle) rebase() {
	back := s.now.base - 2*turn // no class is more than a turn behind
	s.now.base -= back
	for i := range s.classes {
		s.classes[i].due.base -= back
		s.place(i)
	}
}

// Pick lists the members in the order of their next turns, as far as it foresees
// them; see forecast.
func (s *weightedCircle) Pick(list []uint32, limit int, _ *rand.Rand) []uint32 {
	i, _ := s.board.best()
	switch {
	case i < 0:
		return (&circle{members: s.members, ring: s.idle}).Pick(list, limit, nil)
	case limit == 1 || len(s.classes) == 1:
		return (&circle{members: s.members, ring: s.classes[i].ring}).Pick(list, limit, nil)
	}
	return s.foresee(list, bounded(limit, s.size))
}
