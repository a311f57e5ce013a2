package policy

import (
	"errors"
	"math/rand/v2"
	"slices"
)

// farthest is how many entries of the circle are looked at for an answer. Who
// asks for more members than are among them gets the others class by class: a
// pool user does not come that far.
const farthest = 64

// lookahead are the next entries of the circle, as far as answers needed them.
// The circle stands behind them; a change of its members takes them back.
type lookahead struct {
	entries []entry
	// woken are the classes that became ready, entry by entry.
	woken []int32
}

// entry is a turn of a member, and what to know to take it back.
type entry struct {
	slot  uint32
	class int32
	// woken is how many classes became ready behind it.
	woken int32
	// due and now are what they were before.
	due, now moment
}

// wake notes a class that became ready.
func (l *lookahead) wake(class int) { l.woken = append(l.woken, int32(class)) } //nolint:gosec // members have 32-bit numbers

// extend looks at one more entry.
func (s *weightedCircle) extend() {
	i := int(s.board.top.ready)
	c := &s.classes[i]
	e := entry{slot: c.ring.Head(), class: int32(i), due: c.due, now: s.now} //nolint:gosec // as above
	c.ring.Rotate(&s.members.links)
	c.ahead++
	c.due.advance()
	s.now.advance()
	s.place(i)
	e.woken = s.settle()
	s.ahead.entries = append(s.ahead.entries, e)
}

// rewind takes all entries back: the last first.
func (s *weightedCircle) rewind() {
	l := &s.ahead
	for _, e := range slices.Backward(l.entries) {
		i := int(e.class)
		c := &s.classes[i]
		c.ring.Back(&s.members.links)
		c.ahead--
		c.due, s.now = e.due, e.now
		rest := len(l.woken) - int(e.woken)
		for _, w := range l.woken[rest:] {
			s.board.waits(int(w), s.classes[w].due.at)
		}
		l.woken = l.woken[:rest]
		s.board.ready(i, c.due.next())
	}
	l.entries, l.woken = l.entries[:0], l.woken[:0]
}

// Turn moves the head by one entry.
func (s *weightedCircle) Turn([]uint32) {
	l := &s.ahead
	switch {
	case s.size == 0:
		s.idle.Rotate(&s.members.links)
		return
	case len(s.classes) == 1:
		s.classes[0].ring.Rotate(&s.members.links)
		return
	case len(l.entries) == 0:
		s.extend()
	}
	e := &l.entries[0]
	s.classes[e.class].ahead--
	l.woken = l.woken[:copy(l.woken, l.woken[e.woken:])]
	l.entries = l.entries[:copy(l.entries, l.entries[1:])]
	if s.now.at >= latest {
		s.rebase()
	}
}

// Pick lists the members in the order of the circle, each once.
func (s *weightedCircle) Pick(list []uint32, limit int, _ *rand.Rand) []uint32 {
	switch {
	case s.size == 0:
		return (&circle{members: s.members, ring: s.idle}).Pick(list, limit, nil)
	case len(s.classes) == 1:
		return (&circle{members: s.members, ring: s.classes[0].ring}).Pick(list, limit, nil)
	}
	n := bounded(limit, s.size)
	from := len(list)
	for i := 0; n > 0 && i < farthest; i++ {
		if i == len(s.ahead.entries) {
			s.extend()
		}
		if slot := s.ahead.entries[i].slot; !slices.Contains(list[from:], slot) {
			list = append(list, slot)
			n--
		}
	}
	return s.others(list, n)
}

// others appends n of the members that have no entry in the lookahead.
func (s *weightedCircle) others(list []uint32, n int) []uint32 {
	for i := 0; n > 0; i++ {
		c := &s.classes[i]
		slot := c.ring.Head()
		for left := c.ring.Len() - int(c.ahead); left > 0 && n > 0; left-- {
			list = append(list, slot)
			slot = s.members.links.Next(slot)
			n--
		}
	}
	return list
}

func (s *weightedCircle) Len() int { return s.size + s.idle.Len() }

// Verify checks the board against the classes, and the sums.
func (s *weightedCircle) Verify() error {
	s.rewind()
	var total uint64
	size := 0
	for i := range s.classes {
		c := &s.classes[i]
		total += c.total()
		size += c.ring.Len()
		deadline, time := c.due.next(), uint64(never)
		if c.due.at > s.now.at {
			deadline, time = never, c.due.at
		}
		at, ok := s.find(c.weight)
		if !ok || at != i || c.ahead != 0 || s.board.deadlines[i] != deadline || s.board.times[i] != time {
			return errors.New("policy: a class stands wrongly on the board or in the index")
		}
		if c.due.at+2*turn < s.now.at || c.due.at > s.now.at+turn {
			return errors.New("policy: a class is turns behind or ahead of the others")
		}
		if err := c.ring.Verify(&s.members.links); err != nil {
			return err
		}
	}
	if total != s.total || size != s.size || len(s.board.times) != len(s.classes) {
		return errors.New("policy: the weights of the classes do not add up")
	}
	if s.board.top != among(s.board.deadlines, s.board.times, 0) || size > 0 && s.board.top.ready == none {
		return errors.New("policy: the board has other winners than its places say")
	}
	return s.idle.Verify(&s.members.links)
}
