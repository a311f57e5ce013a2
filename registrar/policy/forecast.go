package policy

import "errors"

// exact is how far an answer of a weighted circle foresees the turns. Who asks
// for more gets all others class by class: a pool user does not come that far.
const exact = 32

// forecast is the memory of a look ahead. It plays the turns on the board itself,
// without the members that have had one, and takes everything back.
type forecast struct {
	running bool
	visited []visit
	changes []change
}

// visit is a class with a turn in the forecast.
type visit struct {
	class int
	// slot is the member whose turn is next, left how many have had none.
	slot uint32
	left int
}

// change is what a class was before.
type change struct {
	class int
	entry entry
	due   moment
}

// set changes the board; a forecast takes it back.
func (s *weightedCircle) set(i int, e entry) {
	if f := &s.forecast; f.running {
		f.changes = append(f.changes, change{i, s.board.at(i), s.classes[i].due})
	}
	s.board.set(i, e)
}

// foresee appends n members in the order of their next turns, each once.
func (s *weightedCircle) foresee(list []uint32, n int) []uint32 {
	f := &s.forecast
	f.running, f.visited, f.changes = true, f.visited[:0], f.changes[:0]
	now := s.now
	for range min(n, exact) {
		i, _ := s.board.best()
		v := s.visit(i)
		list = append(list, v.slot)
		v.slot = s.members.links.Next(v.slot)
		v.left--
		due := s.classes[i].due
		f.changes = append(f.changes, change{i, s.board.at(i), due})
		if v.left > 0 {
			s.pass(i)
			continue
		}
		s.now = s.now.next()
		s.set(i, entry{gone: true})
		s.settle()
	}
	f.running, s.now = false, now
	for i := len(f.changes) - 1; i >= 0; i-- {
		c := f.changes[i]
		s.classes[c.class].due = c.due
		s.board.set(c.class, c.entry)
	}
	return s.rest(list, n-exact)
}

func (s *weightedCircle) visit(i int) *visit {
	f := &s.forecast
	for k := range f.visited {
		if f.visited[k].class == i {
			return &f.visited[k]
		}
	}
	ring := &s.classes[i].ring
	f.visited = append(f.visited, visit{i, ring.Head(), ring.Len()})
	return &f.visited[len(f.visited)-1]
}

// rest appends n of the members that had no turn in the forecast.
func (s *weightedCircle) rest(list []uint32, n int) []uint32 {
	for i := 0; n > 0; i++ {
		v := s.visit(i)
		for ; v.left > 0 && n > 0; v.left, n = v.left-1, n-1 {
			list = append(list, v.slot)
			v.slot = s.members.links.Next(v.slot)
		}
	}
	return list
}

// Verify checks the board against the classes, and the sums.
func (s *weightedCircle) Verify() error {
	var total uint64
	size := 0
	for i := range s.classes {
		c, e := &s.classes[i], s.board.at(i)
		total += c.total()
		size += c.ring.Len()
		at, ok := s.find(c.weight)
		if want := (entry{c.due.at(), c.due.next().at(), c.due.at() <= s.now.at(), false}); e != want || at != i || !ok {
			return errors.New("policy: a class stands wrongly on the board or in the index")
		}
		if err := c.ring.Verify(&s.members.links); err != nil {
			return err
		}
	}
	if total != s.total || size != s.size || len(s.board.entries) != len(s.classes) {
		return errors.New("policy: the weights of the classes do not add up")
	}
	ready, waiting := s.board.best()
	m := among(s.board.entries, 0)
	if int(m.ready) != ready || int(m.waiting) != waiting || size > 0 && ready < 0 {
		return errors.New("policy: the board has other winners than its entries say")
	}
	return s.idle.Verify(&s.members.links)
}
