package index

import (
	"errors"
	"strconv"
)

// Verify checks the order of all entries, the bounds of all nodes, the chain of
// leaves and all counts, and returns the first thing that is wrong. It takes time
// in proportion to the tree; for tests.
func (t *Tree) Verify(n *Nodes) error {
	if t.root == 0 {
		if *t != (Tree{}) {
			return fault[int]("a tree without a root is not all zero")
		}
		return nil
	}
	w := treeWalk{nodes: n, leaf: t.first, bound: noKey}
	if err := w.node(t.root, t.height, noKey); err != nil {
		return err
	}
	switch {
	case w.leaf != 0:
		return fault("the last leaf names a next one, node", w.leaf)
	case w.count != t.count:
		return fault("entries of a tree, and its count:", w.count, t.count)
	case t.bound != w.bound:
		return fault("bound of the first leaf in the tree, and in its parent:", t.bound, w.bound)
	}
	return nil
}

// treeWalk goes through a tree from left to right.
type treeWalk struct {
	nodes *Nodes
	leaf  uint32 // the number that the next leaf must have
	bound uint64 // of the first leaf
	count uint32
	low   uint64 // all further keys are above it,
	some  bool   // if there was any bound or key yet
}

// node checks the node num, height levels above the leaves, below bound.
func (w *treeWalk) node(num uint32, height uint8, bound uint64) error {
	d := w.nodes.at(num)
	if d.n > fan {
		return fault("a node has too many entries; node and entries:", num, d.n)
	}
	for i := d.n; i < fan; i++ {
		if d.keys[i] != noKey {
			return fault("an unused place has a key; node, place and key:", uint64(num), uint64(i), d.keys[i])
		}
	}
	if height > 0 {
		return w.inner(num, d, height, bound)
	}
	if num != w.leaf {
		return fault("next leaf in the tree, and in the chain:", num, w.leaf)
	}
	if w.count == 0 {
		w.bound = bound
	}
	if d.n == 0 {
		return fault("a leaf is empty:", num)
	}
	for _, key := range d.keys[:d.n] {
		if w.some && key <= w.low || key > bound {
			return fault("a key is out of order; leaf, key, and what it must be between:", uint64(num), key, w.low, bound)
		}
		w.low, w.some = key, true
	}
	w.leaf = d.next
	w.count += d.n
	return nil
}

// inner checks the inner node d, which has number num, and all below it.
func (w *treeWalk) inner(num uint32, d *node, height uint8, bound uint64) error {
	switch {
	case d.n < 2:
		return fault("an inner node has less than 2 children:", num)
	case d.next != 0:
		return fault("an inner node names a next leaf:", num)
	case d.keys[d.n-1] != bound:
		return fault("last bound of an inner node, and its parent's:", d.keys[d.n-1], bound)
	}
	for i, child := range d.vals[:d.n] {
		if err := w.node(child, height-1, d.keys[i]); err != nil {
			return err
		}
		w.low, w.some = d.keys[i], true
	}
	return nil
}

// Verify checks the tree of heads, that each queue is a ring, and the number of
// values, and returns the first thing that is wrong; for tests.
func (q *Queues) Verify(n *Nodes, l *Links) error {
	if err := q.heads.Verify(n); err != nil {
		return err
	}
	var sum uint32
	for c := q.heads.First(n); c.Valid(); c.Next() {
		length, err := l.ring(c.Value(), q.n-sum)
		if err != nil {
			return err
		}
		sum += length
	}
	if sum != q.n {
		return fault("values in queues, and their count:", sum, q.n)
	}
	return nil
}

// Verify checks that the ring is one and has Len values; for tests.
func (r *Ring) Verify(l *Links) error {
	if r.head == 0 {
		if r.n != 0 {
			return fault("a ring without a head counts values:", r.n)
		}
		return nil
	}
	length, err := l.ring(r.head, r.n)
	if err == nil && length != r.n {
		err = fault("values in a ring, and its count:", length, r.n)
	}
	return err
}

// ring checks the links of the ring from head and returns its length, which is at
// most limit.
func (l *Links) ring(head, limit uint32) (uint32, error) {
	for value, length := head, uint32(1); ; length++ {
		if length > limit {
			return 0, fault("a ring does not close; its head:", head)
		}
		next := l.Next(value)
		if next == 0 {
			return 0, fault("a value is in another ring; value and head:", value, head)
		}
		if prev := l.slab.At(next).prev; prev != value {
			return 0, fault("a value names another one before it; value, the one before, and named:", next, value, prev)
		}
		if value = next; value == head {
			return length, nil
		}
	}
}

// fault says what is wrong, and the numbers that show it.
func fault[N uint32 | uint64 | int](what string, numbers ...N) error {
	for _, n := range numbers {
		what += " " + strconv.FormatUint(uint64(n), 10) //nolint:gosec // none is negative
	}
	return errors.New("index: " + what)
}
