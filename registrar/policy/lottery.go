package policy

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Drawn selects at random, each member with a probability in proportion to its
// weight and none twice. A member with weight 0 cannot serve: it is drawn only
// while all members have weight 0, and then with the same probability as they
// (RFC 5356 section 3.2).
func Drawn(weight func(Values) uint32) func(*Members) Set {
	return func(m *Members) Set { return &lottery{members: m, weight: weight} }
}

// lottery keeps members in urns of weights that differ by less than a factor of
// 2. A draw picks an urn by its weight, then members from it at random until
// one is accepted with the probability of its weight in the urn's largest: at
// least 1/2. So draws, joins and departures take constant time, and no sums
// have to be kept over the members.
type lottery struct {
	members *Members
	weight  func(Values) uint32
	// urns are in descending order of weight; those that have been filled once stay.
	urns []urn
	// total is the weight in all urns, size the members in those with weight.
	total uint64
	size  int
}

type urn struct {
	// class is the position of the highest bit of its weights, 0 for weight 0.
	class  int
	weight uint64
	slots  []uint32
}

func (l *lottery) Join(slot uint32, v Values) {
	l.members.join(slot, v)
	l.put(slot)
}

func (l *lottery) Update(slot uint32, v Values) {
	r := l.members.at(slot)
	if l.weight(r.values) == l.weight(v) {
		r.values = v
		return
	}
	l.take(slot)
	r.values = v
	l.put(slot)
}

func (l *lottery) Leave(slot uint32) {
	u := l.take(slot)
	if n := len(u.slots); cap(u.slots) > 4*n && cap(u.slots) > minShrink {
		u.slots = slices.Clone(u.slots)
	}
}

// minShrink is the room in an urn that is not worth giving back.
const minShrink = 64

// put lays a member into its urn, behind the others.
func (l *lottery) put(slot uint32) {
	r := l.members.at(slot)
	w := l.weight(r.values)
	u := l.urn(bits.Len32(w))
	r.n = uint32(len(u.slots)) //nolint:gosec // slots are 32-bit numbers
	u.slots = append(u.slots, slot)
	l.count(u, uint64(w), 1)
}

// take takes a member out of its urn; the last one in it gets its place.
func (l *lottery) take(slot uint32) *urn {
	r := l.members.at(slot)
	w := l.weight(r.values)
	u := l.urn(bits.Len32(w))
	last := len(u.slots) - 1
	moved := u.slots[last]
	u.slots[r.n] = moved
	l.members.at(moved).n = r.n
	u.slots = u.slots[:last]
	l.count(u, -uint64(w), -1)
	return u
}

func (l *lottery) count(u *urn, weight uint64, members int) {
	u.weight += weight
	l.total += weight
	if u.class > 0 {
		l.size += members
	}
}

// urn finds the urn of a class, or makes it.
func (l *lottery) urn(class int) *urn {
	i, ok := slices.BinarySearchFunc(l.urns, class, func(u urn, class int) int { return class - u.class })
	if !ok {
		l.urns = slices.Insert(l.urns, i, urn{class: class, slots: make([]uint32, 0, 4)})
	}
	return &l.urns[i]
}

// untake undoes the latest take.
func (l *lottery) untake(slot uint32) {
	r := l.members.at(slot)
	w := l.weight(r.values)
	u := l.urn(bits.Len32(w))
	u.slots = append(u.slots, slot)
	if last := len(u.slots) - 1; int(r.n) != last {
		moved := u.slots[r.n]
		u.slots[last], u.slots[r.n] = moved, slot
		l.members.at(moved).n = uint32(last) //nolint:gosec // as above
	}
	l.count(u, uint64(w), 1)
}

func (l *lottery) Pick(list []uint32, limit int, random *rand.Rand) []uint32 {
	n := l.size
	if l.total == 0 && len(l.urns) > 0 {
		n = len(l.idle())
	}
	n = bounded(limit, n)
	if n == 1 {
		return append(list, l.draw(random))
	}
	from := len(list)
	for range n {
		slot := l.draw(random)
		l.take(slot)
		list = append(list, slot)
	}
	for _, slot := range slices.Backward(list[from:]) {
		l.untake(slot)
	}
	return list
}

// idle are the members with weight 0, where all have that.
func (l *lottery) idle() []uint32 { return l.urns[len(l.urns)-1].slots }

// draw gives one member with the probability of its weight.
func (l *lottery) draw(random *rand.Rand) uint32 {
	if l.total == 0 {
		return l.idle()[random.IntN(len(l.idle()))]
	}
	x, u := random.Uint64N(l.total), 0
	for x >= l.urns[u].weight {
		x -= l.urns[u].weight
		u++
	}
	class, slots := l.urns[u].class, l.urns[u].slots
	if class == 1 { // all weigh 1
		return slots[x]
	}
	for {
		slot := slots[random.IntN(len(slots))]
		if random.Uint64()>>(64-class) < uint64(l.weight(l.members.at(slot).values)) {
			return slot
		}
	}
}

func (l *lottery) Turn([]uint32) {}

func (l *lottery) Len() (n int) {
	for _, u := range l.urns {
		n += len(u.slots)
	}
	return n
}

func (l *lottery) Verify() error {
	var total uint64
	size := 0
	for i, u := range l.urns {
		var weight uint64
		for place, slot := range u.slots {
			r := l.members.at(slot)
			w := l.weight(r.values)
			if bits.Len32(w) != u.class || int(r.n) != place {
				return errors.New("policy: a member lies in the wrong urn or place")
			}
			weight += uint64(w)
		}
		if weight != u.weight || i > 0 && l.urns[i-1].class <= u.class {
			return errors.New("policy: an urn has a wrong weight or place")
		}
		total += weight
		if u.class > 0 {
			size += len(u.slots)
		}
	}
	if total != l.total || size != l.size {
		return errors.New("policy: the weights of the urns do not add up")
	}
	return nil
}
