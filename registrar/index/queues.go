package index

// Queues is an ordered multimap: under each key a queue of values in order of
// arrival. A value is in at most one queue of the same Links, and never 0. The
// zero value is empty. All calls for one Queues must name the same Nodes and Links.
type Queues struct {
	heads Tree // key -> first value of its ring
	n     uint32
}

// Len returns the number of values under all keys.
func (q *Queues) Len() int { return int(q.n) }

// Min returns the first value under the lowest key; ok is false if there is none.
func (q *Queues) Min(n *Nodes) (key uint64, value uint32, ok bool) { return q.heads.Min(n) }

// Add puts value, which is in no queue of l, behind all others under key.
func (q *Queues) Add(n *Nodes, l *Links, key uint64, value uint32) {
	v := l.fresh(value)
	head, had := q.heads.slot(n, key)
	l.join(v, value, *head)
	if !had {
		*head = value
	}
	q.n++
}

// Remove takes value out, which must be under key.
func (q *Queues) Remove(n *Nodes, l *Links, key uint64, value uint32) {
	leaf, i := q.queue(n, key)
	if leaf.vals[i] != value {
		if l.Next(value) == value {
			panic("index: a value is alone under a key, but not under this one: remove it where it was added")
		}
		l.leave(value)
	} else if next := l.leave(value); next != 0 {
		leaf.vals[i] = next
	} else {
		q.heads.drop(n, leaf, i, key)
	}
	q.n--
}

// Move takes value, which must be under key, to behind all others under the key to.
func (q *Queues) Move(n *Nodes, l *Links, key, to uint64, value uint32) {
	leaf, i := q.queue(n, key)
	if to > key && to < leaf.keys[leaf.n-1] && leaf.vals[i] == value && l.Next(value) == value {
		if j := leaf.place(to); leaf.keys[j] != to {
			leaf.raise(i, j-1, to)
			return
		}
	}
	q.Remove(n, l, key, value)
	q.Add(n, l, to, value)
}

// Rotate makes the first value under key, where there must be one, its last.
func (q *Queues) Rotate(n *Nodes, l *Links, key uint64) {
	leaf, i := q.queue(n, key)
	leaf.vals[i] = l.Next(leaf.vals[i])
}

// queue finds where the head of the queue under key is, fastest for the lowest key.
func (q *Queues) queue(n *Nodes, key uint64) (*node, uint) {
	if q.heads.root != 0 {
		if leaf := n.at(q.heads.first); leaf.has(0, key) {
			return leaf, 0
		}
	}
	leaf, i := q.heads.find(n, key)
	if leaf == nil || !leaf.has(i, key) {
		panic("index: there is no queue under this key: add a value first")
	}
	return leaf, i
}

// All visits the values by key, then order of arrival, from the lowest key >= from
// on, until visit returns false. Nothing may change meanwhile.
func (q *Queues) All(n *Nodes, l *Links, from uint64, visit func(key uint64, value uint32) bool) {
	for c := q.heads.Seek(n, from); c.Valid(); c.Next() {
		key, head := c.Key(), c.Value()
		for value := head; ; {
			if !visit(key, value) {
				return
			}
			if value = l.Next(value); value == head {
				break
			}
		}
	}
}
