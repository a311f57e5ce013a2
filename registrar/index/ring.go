package index

// Ring is one queue alone, for round robin. The zero value is empty. All calls for
// one ring must name the same Links.
type Ring struct{ head, n uint32 }

// Head returns the first value, 0 if the ring is empty.
func (r *Ring) Head() uint32 { return r.head }

// Len returns the number of values.
func (r *Ring) Len() int { return int(r.n) }

// Add puts value, which is in no ring of l, behind all others.
func (r *Ring) Add(l *Links, value uint32) {
	l.join(l.fresh(value), value, r.head)
	if r.head == 0 {
		r.head = value
	}
	r.n++
}

// Remove takes value out, which must be in this ring; if it was the head, the value
// behind it is now.
func (r *Ring) Remove(l *Links, value uint32) {
	next := l.leave(value)
	if r.head == value {
		r.head = next
	}
	r.n--
}

// Back undoes a Rotate: the last value becomes the head.
func (r *Ring) Back(l *Links) {
	if r.head != 0 {
		r.head = l.slab.At(r.head).prev
	}
}

// Rotate makes the head the last one.
func (r *Ring) Rotate(l *Links) {
	if r.head != 0 {
		r.head = l.Next(r.head)
	}
}
