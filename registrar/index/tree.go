package index

// Tree is an ordered map from uint64 to uint32: a B+ tree. The zero value is
// empty. All calls for one tree must name the same Nodes, and a tree must not be
// copied and then used twice.
type Tree struct {
	bound  uint64 // the highest key that belongs into the first leaf
	root   uint32 // 0 while the tree is empty
	first  uint32 // the leftmost leaf; its number never changes before the tree is empty
	count  uint32
	height uint8 // levels above the leaves
}

// Len returns the number of entries.
func (t *Tree) Len() int { return int(t.count) }

// Get returns the value under key.
func (t *Tree) Get(n *Nodes, key uint64) (uint32, bool) {
	leaf, i := t.find(n, key)
	if leaf == nil || !leaf.has(i, key) {
		return 0, false
	}
	return leaf.vals[i], true
}

// Set puts value under key and returns the value it had before, if it had one.
func (t *Tree) Set(n *Nodes, key uint64, value uint32) (old uint32, had bool) {
	p, had := t.slot(n, key)
	old, *p = *p, value
	return old, had
}

// Delete removes key and returns the value it had, if it had one.
func (t *Tree) Delete(n *Nodes, key uint64) (old uint32, had bool) {
	leaf, i := t.find(n, key)
	if leaf == nil || !leaf.has(i, key) {
		return 0, false
	}
	old = leaf.vals[i]
	t.drop(n, leaf, i, key)
	return old, true
}

// Min returns the entry with the lowest key; ok is false if the tree is empty.
func (t *Tree) Min(n *Nodes) (key uint64, value uint32, ok bool) {
	if t.first == 0 {
		return 0, 0, false
	}
	leaf := n.at(t.first)
	return leaf.keys[0], leaf.vals[0], true
}

// Clear removes all entries and gives all nodes back.
func (t *Tree) Clear(n *Nodes) {
	if t.root != 0 {
		giveAll(n, t.root, t.height)
	}
	*t = Tree{}
}

func giveAll(n *Nodes, num uint32, height uint8) {
	if height > 0 {
		d := n.at(num)
		for _, child := range d.vals[:d.n] {
			giveAll(n, child, height-1)
		}
	}
	n.give(num)
}

// find returns the leaf where key is or belongs, and the place in it; a nil leaf
// if the tree is empty.
func (t *Tree) find(n *Nodes, key uint64) (*node, uint) {
	if t.root == 0 {
		return nil, 0
	}
	num, level := t.root, t.height
	if key <= t.bound {
		num, level = t.first, 0
	}
	d := n.at(num)
	i := d.place(key)
	for ; level > 0; level-- {
		d = n.at(d.vals[i])
		i = d.place(key)
	}
	return d, i
}

// has tells whether place i, which place returned for key, holds it.
func (d *node) has(i uint, key uint64) bool { return i < uint(d.n) && d.keys[i] == key }

// slot returns the place of key's value, and whether it was there; if not, it is
// now, with the value 0.
func (t *Tree) slot(n *Nodes, key uint64) (value *uint32, had bool) {
	leaf, i := t.find(n, key)
	switch {
	case leaf == nil:
		t.root, leaf = n.take()
		t.first, t.bound = t.root, noKey
	case leaf.has(i, key):
		return &leaf.vals[i], true
	case leaf.n == fan:
		t.makeRoom(n, key)
		leaf, i = t.find(n, key)
	}
	leaf.insert(i, key, 0)
	t.count++
	return &leaf.vals[i], false
}

// makeRoom makes the full leaf where key belongs one that is not. Full inner nodes
// on the way down are split first, so that each parent has room for one more child.
func (t *Tree) makeRoom(n *Nodes, key uint64) {
	d := n.at(t.root)
	if d.n == fan {
		child := t.root
		t.root, d = n.take()
		d.insert(0, noKey, child)
		t.height++
	}
	for level := t.height; level > 0; level-- {
		i := d.place(key)
		if n.at(d.vals[i]).n == fan {
			if level > 1 || !share(n, d, i, key) {
				split(n, d, i, key, level == 1)
			}
			i = d.place(key)
		}
		t.noteBound(d, level)
		d = n.at(d.vals[i])
	}
}

// noteBound keeps the first leaf's bound after a change below d.
func (t *Tree) noteBound(d *node, level uint8) {
	if level == 1 && d.vals[0] == t.first {
		t.bound = d.keys[0]
	}
}

// share moves entries of the full leaf i of parent to a neighbour that has room.
// It leaves a leaf alone that grows at its end: split serves that better.
func share(n *Nodes, parent *node, i uint, key uint64) bool {
	d := n.at(parent.vals[i])
	if d.keys[fan-1] < key {
		return false
	}
	if i+1 < uint(parent.n) {
		if r := n.at(parent.vals[i+1]); r.n <= fan-spare {
			moveRight(d, r, (fan-r.n+1)/2)
			parent.keys[i] = d.keys[d.n-1]
			return true
		}
	}
	if i > 0 {
		if l := n.at(parent.vals[i-1]); l.n <= fan-spare {
			moveLeft(l, d, (fan-l.n+1)/2)
			parent.keys[i-1] = l.keys[l.n-1]
			return true
		}
	}
	return false
}

// split divides the full child i of parent, which has room: in halves, but a child
// that grows at its end stays as full as it can.
func split(n *Nodes, parent *node, i uint, key uint64, leaf bool) {
	num, r := n.take()
	l := n.at(parent.vals[i])
	move := uint32(fan / 2)
	switch place := l.place(key); {
	case leaf && place == fan:
		move = 0
	case !leaf && place == fan-1:
		move = minFill
	}
	moveRight(l, r, move)
	if leaf {
		r.next, l.next = l.next, num
	}
	parent.insert(i+1, parent.keys[i], num)
	parent.keys[i] = l.keys[l.n-1]
}
