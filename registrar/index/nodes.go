package index

import (
	"math"
	"math/bits"
)

const (
	// fan is how many entries a node has room for: with it a node is 512 bytes.
	// place searches in fan/block blocks, and is written for these two numbers.
	fan   = 42
	block = 6
	// minFill is how many entries a node keeps before it turns to its neighbour.
	minFill = 16
	// mergeFill is how many entries of two neighbours become one node, with room
	// left so that the next Set does not split it again.
	mergeFill = 36
	// spare is how much room a neighbour must have to take entries from a full
	// node; for less, moving them would cost more than the memory is worth.
	spare = 4

	// few is how many entries are moved faster one by one than by a copy.
	few = 8

	noKey = math.MaxUint64 // stands in unused places, which no search counts
)

// Nodes is where trees keep their nodes; one Nodes serves many trees. The zero
// value is ready to use.
type Nodes struct{ slab Slab[node] }

// node is a leaf with entries in order of their keys, or an inner node whose entry
// is a child and the highest key that may stand below it. The two are alike, so
// that the same code searches, splits and merges them.
// A small one is searched within three cache lines.
type node struct {
	keys [fan]uint64 // ascending, then noKey
	n    uint32      // how many entries
	next uint32      // the leaf to the right; 0 in the last one and in inner nodes
	vals [fan]uint32 // values, or the numbers of children
}

// Len returns how many nodes are taken by all trees.
func (n *Nodes) Len() int { return n.slab.Len() }

func (n *Nodes) at(i uint32) *node { return n.slab.At(i) }

func (n *Nodes) take() (uint32, *node) {
	i := n.slab.Take()
	d := n.at(i)
	for k := range d.keys {
		d.keys[k] = noKey
	}
	return i, d
}

func (n *Nodes) give(i uint32) { n.slab.Give(i) }

// count returns sum, and one more if a < b: without a branch, as the outcome for
// random keys cannot be predicted.
func count(sum, a, b uint64) uint64 {
	_, below := bits.Sub64(a, b, 0)
	sum, _ = bits.Add64(sum, 0, below)
	return sum
}

// place returns how many keys of d are below key: first how many blocks are, by
// their last keys, then how many in the block after those. Small nodes are searched
// without touching the memory behind their first two blocks.
func (d *node) place(key uint64) uint {
	k := &d.keys
	i := count(0, k[5], key)
	if d.n > 2*block {
		i = count(i, k[11], key)
		i = count(i, k[17], key)
		i = count(i, k[23], key)
		i = count(i, k[29], key)
		i = count(i, k[35], key)
	}
	i *= block
	if i > fan-block { // never: it saves the checks of what follows
		return fan
	}
	sum := count(i, k[i], key)
	sum = count(sum, k[i+1], key)
	sum = count(sum, k[i+2], key)
	sum = count(sum, k[i+3], key)
	sum = count(sum, k[i+4], key)
	return uint(count(sum, k[i+5], key))
}

// insert puts an entry in place i of a node that is not full.
func (d *node) insert(i uint, key uint64, value uint32) {
	n := uint(d.n)
	if n-i > few {
		copy(d.keys[i+1:n+1], d.keys[i:])
		copy(d.vals[i+1:n+1], d.vals[i:])
	} else {
		for ; n > i; n-- {
			d.keys[n], d.vals[n] = d.keys[n-1], d.vals[n-1]
		}
	}
	d.keys[i], d.vals[i] = key, value
	d.n++
}

// raise gives the entry in place i a higher key, with which it stands in place j.
func (d *node) raise(i, j uint, key uint64) {
	value := d.vals[i]
	if j-i > few {
		copy(d.keys[i:j], d.keys[i+1:])
		copy(d.vals[i:j], d.vals[i+1:])
	} else {
		for ; i < j; i++ {
			d.keys[i], d.vals[i] = d.keys[i+1], d.vals[i+1]
		}
	}
	d.keys[j], d.vals[j] = key, value
}

// remove takes the entry in place i out.
func (d *node) remove(i uint) {
	d.n--
	n := uint(d.n)
	if n-i > few {
		copy(d.keys[i:n], d.keys[i+1:])
		copy(d.vals[i:n], d.vals[i+1:])
	} else {
		for ; i < n; i++ {
			d.keys[i], d.vals[i] = d.keys[i+1], d.vals[i+1]
		}
	}
	d.keys[n] = noKey
}

// moveRight moves the last k entries of l to the front of r.
func moveRight(l, r *node, k uint32) {
	copy(r.keys[k:], r.keys[:r.n])
	copy(r.vals[k:], r.vals[:r.n])
	copy(r.keys[:k], l.keys[l.n-k:l.n])
	copy(r.vals[:k], l.vals[l.n-k:l.n])
	r.n += k
	l.cut(l.n - k)
}

// moveLeft moves the first k entries of r behind those of l.
func moveLeft(l, r *node, k uint32) {
	copy(l.keys[l.n:], r.keys[:k])
	copy(l.vals[l.n:], r.vals[:k])
	l.n += k
	copy(r.keys[:], r.keys[k:r.n])
	copy(r.vals[:], r.vals[k:r.n])
	r.cut(r.n - k)
}

// cut leaves the first n entries.
func (d *node) cut(n uint32) {
	for i := n; i < d.n; i++ {
		d.keys[i] = noKey
	}
	d.n = n
}
