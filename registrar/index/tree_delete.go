package index

// drop removes the entry in place i of leaf, which is under key.
func (t *Tree) drop(n *Nodes, leaf *node, i uint, key uint64) {
	leaf.remove(i)
	t.count--
	if leaf.n < minFill {
		t.thin(n, leaf, key)
	}
}

// thin looks after a leaf that has become small. The first leaf may run empty
// before anything is moved: queues are used up from that end.
func (t *Tree) thin(n *Nodes, leaf *node, key uint64) {
	switch {
	case t.count == 0:
		n.give(t.root)
		*t = Tree{}
	case t.height > 0 && (leaf.n == 0 || key > t.bound):
		t.shrink(n, key)
	}
}

// shrink merges or evens each small node on the way to key with a neighbour, from
// the root down, so that each parent can spare a child.
func (t *Tree) shrink(n *Nodes, key uint64) {
	d := n.at(t.root)
	for level := t.height; level > 0; level-- {
		i := d.place(key)
		if n.at(d.vals[i]).n < minFill {
			even(n, d, max(i, 1)-1)
			i = d.place(key)
		}
		child := d.vals[i]
		if d.n == 1 { // only the root can be left with one child
			n.give(t.root)
			t.root = child
			if t.height--; t.height == 0 {
				t.bound = noKey
			}
		} else {
			t.noteBound(d, level)
		}
		d = n.at(child)
	}
}

// even makes one node of the children i and i+1 of parent if they fit well into
// one, and otherwise divides their entries evenly.
func even(n *Nodes, parent *node, i uint) {
	l, r := n.at(parent.vals[i]), n.at(parent.vals[i+1])
	switch sum := l.n + r.n; {
	case sum <= mergeFill || l.n == 0 || r.n == 0:
		moveLeft(l, r, r.n)
		l.next = r.next
		parent.keys[i] = parent.keys[i+1]
		n.give(parent.vals[i+1])
		parent.remove(i + 1)
		return
	case l.n < r.n:
		moveLeft(l, r, (r.n-l.n)/2)
	default:
		moveRight(l, r, (l.n-r.n)/2)
	}
	parent.keys[i] = l.keys[l.n-1]
}
