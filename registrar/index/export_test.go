package index

// Len returns how many nodes are taken by all trees.
func (n *Nodes) Len() int { return n.slab.Len() }
