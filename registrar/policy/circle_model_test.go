package policy_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// naiveCircle is Weighted Round Robin without a board: it looks at all classes.
type naiveCircle struct {
	weights map[uint32]uint32
	now     policy.Moment
	classes []*naiveClass
	idle    rotated
}

type naiveClass struct {
	weight  uint32
	members rotated
	due     policy.Moment
}

func newNaiveCircle() *naiveCircle { return &naiveCircle{weights: map[uint32]uint32{}} }

func (c *naiveCircle) total() (total uint64) {
	for _, w := range c.weights {
		total += uint64(w)
	}
	return total
}

func (c *naiveCircle) find(weight uint32) int {
	return slices.IndexFunc(c.classes, func(k *naiveClass) bool { return k.weight == weight })
}

func (c *naiveCircle) join(slot uint32, v policy.Values) {
	c.weights[slot] = v[0]
	if v[0] == 0 {
		c.idle.join(slot, v)
		return
	}
	i := c.find(v[0])
	if i < 0 {
		i = len(c.classes)
		c.classes = append(c.classes, &naiveClass{weight: v[0], due: policy.MomentAt(c.now.At())})
	}
	c.classes[i].members.join(slot, v)
	c.resume(c.classes[i])
}

func (c *naiveCircle) leave(slot uint32) {
	w := c.weights[slot]
	delete(c.weights, slot)
	if w == 0 {
		c.idle.leave(slot)
		return
	}
	i := c.find(w)
	k := c.classes[i]
	k.members.leave(slot)
	if len(k.members) == 0 { // the last class gets its place
		last := len(c.classes) - 1
		c.classes[i] = c.classes[last]
		c.classes = c.classes[:last]
	}
	c.resume(k)
}

func (c *naiveCircle) update(slot uint32, v policy.Values) {
	if c.weights[slot] != v[0] {
		c.leave(slot)
		c.join(slot, v)
	}
}

func (c *naiveCircle) resume(k *naiveClass) {
	c.now.Pace(c.total())
	k.due.Pace(uint64(k.weight) * uint64(len(k.members)))
	c.settle()
}

// settle lets time go on where no class is ready.
func (c *naiveCircle) settle() {
	next := uint64(math.MaxUint64)
	for _, k := range c.classes {
		if len(k.members) > 0 {
			next = min(next, k.due.At())
		}
	}
	if next != math.MaxUint64 && next > c.now.At() {
		c.now = policy.MomentAt(next)
		c.now.Pace(c.total())
	}
}

// first is the ready class with the earliest deadline.
func (c *naiveCircle) first() (found *naiveClass) {
	for _, k := range c.classes {
		if len(k.members) > 0 && k.due.At() <= c.now.At() && (found == nil || k.due.Next().At() < found.due.Next().At()) {
			found = k
		}
	}
	return found
}

func (c *naiveCircle) turn(int) {
	switch len(c.classes) {
	case 0:
		c.idle.turn(0)
	case 1: // time stands still
		c.classes[0].members.turn(0)
	default:
		k := c.first()
		k.members.turn(0)
		k.due = k.due.Next()
		c.now = c.now.Next()
		c.settle()
	}
}

// answer goes along the circle, with a copy, then takes the others by class.
func (c *naiveCircle) answer() (list []uint32) {
	if len(c.classes) == 0 {
		return c.idle.answer()
	}
	play := &naiveCircle{weights: c.weights, now: c.now}
	for _, k := range c.classes {
		play.classes = append(play.classes, &naiveClass{k.weight, k.members.answer(), k.due})
	}
	take := func(slot uint32) {
		if !slices.Contains(list, slot) {
			list = append(list, slot)
		}
	}
	for range 64 {
		take(play.first().members[0])
		play.turn(0)
	}
	for _, k := range play.classes {
		for _, slot := range k.members {
			take(slot)
		}
	}
	return list
}

// POL-4.2-01 POL-4.2-02: while the members stay, nobody's number of first places
// is ever a whole one off its share, and who is second is first in the next
// answer, unless the first is once more.
func TestWeightedRoundRobinFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Uint32Range(1, 12), 2, 8).Draw(t, "weights")
		p := newPool(wire.WeightedRoundRobin, having(list...)...)
		total := 0
		for _, w := range list {
			total += int(w)
		}
		turns := make([]int, len(list))
		var before []uint32
		for n := 1; n <= 2*total; n++ {
			a := p.answer(t, 2)
			if n > 1 && a[0] != before[0] && a[0] != before[1] {
				t.Fatalf("answer %d is %v, but the one before was %v", n, a, before)
			}
			before = a
			turns[a[0]-1]++
			for i, w := range list {
				if off := turns[i]*total - n*int(w); off >= total || off <= -total {
					t.Fatalf("weights %v: after %d answers member %d had %d turns", list, n, i+1, turns[i])
				}
			}
		}
	})
}

// Virtual times are moved back before they overflow, and nobody notices.
func TestWeightedRoundRobinGoesOnForEver(t *testing.T) {
	fresh := newPool(wire.WeightedRoundRobin)
	late := newPool(wire.WeightedRoundRobin)
	policy.Late(late.Set)
	for _, p := range []*pool{fresh, late} {
		for i, w := range []uint32{3, 1, 7, 7, 0} {
			p.Join(uint32(i+1), policy.Values{w})
		}
	}
	for n := range 18 * 10 {
		a, b := fresh.answer(t, 3), late.answer(t, 3)
		if !slices.Equal(a, b) {
			t.Fatalf("answer %d is %v, want %v", n, b, a)
		}
	}
}

// Hundreds of classes: the board has rows, and the circle more members than an
// answer looks at entries.
func TestWeightedRoundRobinManyWeights(t *testing.T) {
	p, m := newPool(wire.WeightedRoundRobin), newNaiveCircle()
	random := rand.New(rand.NewPCG(5, 6))
	there := map[uint32]bool{}
	for step := range 3000 {
		slot, v := 1+random.Uint32N(400), policy.Values{1 + random.Uint32N(5000)}
		switch {
		case !there[slot]:
			p.Join(slot, v)
			m.join(slot, v)
			there[slot] = true
		case random.IntN(3) == 0 || step > 2000:
			p.Leave(slot)
			m.leave(slot)
			there[slot] = false
		default:
			p.Update(slot, v)
			m.update(slot, v)
		}
		if step%10 == 0 {
			limit := []int{0, 1, 3, 100}[random.IntN(4)]
			want := m.answer()
			if limit > 0 {
				want = want[:min(limit, len(want))]
			}
			m.turn(0)
			if got := p.answer(t, limit); !slices.Equal(want, got) {
				t.Fatalf("step %d: answer of at most %d is %v, want %v", step, limit, got, want)
			}
		}
	}
}
