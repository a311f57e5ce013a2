package index

// Links are the ring links of values, by value number: parallel to the numbers of
// a Slab. A value is in at most one ring of the same Links. It grows by itself;
// the zero value is ready to use.
type Links struct{ slab Slab[link] }

// link is a value's place in its ring; all zero while it is in none.
type link struct{ next, prev uint32 }

// Next returns the value behind value in its ring: value itself if it is alone.
func (l *Links) Next(value uint32) uint32 { return l.slab.At(value).next }

// All visits each value that is in a ring, by number, until visit returns false. It
// looks at all numbers up to the highest: for tests.
func (l *Links) All(visit func(value uint32) bool) {
	for value := uint32(1); uint64(value) <= l.slab.Room(); value++ {
		if l.slab.At(value).next != 0 && !visit(value) {
			return
		}
	}
}

// fresh returns the link of value, which must be in no ring.
func (l *Links) fresh(value uint32) *link {
	l.slab.Grow(value)
	v := l.slab.At(value)
	if v.next != 0 {
		panic("index: adding a value that is in a ring already: remove it first")
	}
	return v
}

// join puts value, whose fresh link is v, before the value head: the last place of
// that one's ring. With head 0 it becomes a ring of its own.
func (l *Links) join(v *link, value, head uint32) {
	if head == 0 {
		v.next, v.prev = value, value
		return
	}
	h := l.slab.At(head)
	v.next, v.prev = head, h.prev
	l.slab.At(h.prev).next = value
	h.prev = value
}

// leave takes value out of its ring and returns the one behind it, 0 if there is none.
func (l *Links) leave(value uint32) uint32 {
	v := l.slab.At(value)
	next, prev := v.next, v.prev
	if next == 0 {
		panic("index: removing a value that is in no ring: add it first")
	}
	*v = link{}
	if next == value {
		return 0
	}
	l.slab.At(prev).next = next
	l.slab.At(next).prev = prev
	return next
}
