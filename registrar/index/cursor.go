package index

// Cursor stands on an entry of a tree or at the end. It is valid until the tree
// changes.
type Cursor struct {
	nodes *Nodes
	leaf  *node // nil at the end
	i     uint32
}

// First returns a cursor on the entry with the lowest key.
func (t *Tree) First(n *Nodes) Cursor {
	if t.first == 0 {
		return Cursor{}
	}
	return Cursor{nodes: n, leaf: n.at(t.first)}
}

// Seek returns a cursor on the first entry whose key is >= key.
func (t *Tree) Seek(n *Nodes, key uint64) Cursor {
	leaf, i := t.find(n, key)
	c := Cursor{nodes: n, leaf: leaf, i: uint32(i)}
	if leaf != nil && c.i >= leaf.n {
		c.nextLeaf()
	}
	return c
}

// Valid tells whether the cursor stands on an entry. At the end, only Valid may be
// called.
func (c *Cursor) Valid() bool { return c.leaf != nil }

// Key returns the entry's key.
func (c *Cursor) Key() uint64 { return c.leaf.keys[c.i] }

// Value returns the entry's value.
func (c *Cursor) Value() uint32 { return c.leaf.vals[c.i] }

// Next moves to the entry with the next higher key, or to the end.
func (c *Cursor) Next() {
	if c.i++; c.i >= c.leaf.n {
		c.nextLeaf()
	}
}

func (c *Cursor) nextLeaf() {
	c.i = 0
	if next := c.leaf.next; next != 0 {
		c.leaf = c.nodes.at(next)
	} else {
		c.leaf = nil
	}
}
