package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rserpool/registrar/index"
)

// There is a tree in each pool, and perhaps a million pools.
func TestSizes(t *testing.T) {
	if size := unsafe.Sizeof(index.Tree{}); size > 24 {
		t.Errorf("a Tree takes %d bytes, want at most 24", size)
	}
	if size := unsafe.Sizeof(index.Queues{}); size > 32 {
		t.Errorf("a Queues takes %d bytes, want at most 32", size)
	}
	if size := unsafe.Sizeof(index.Ring{}); size > 8 {
		t.Errorf("a Ring takes %d bytes, want at most 8", size)
	}
}

func TestEmptyTree(t *testing.T) {
	var nodes index.Nodes
	var tree index.Tree
	tree.Set(&nodes, 0, 1)
	tree.Delete(&nodes, 0)
	for name, tree := range map[string]*index.Tree{"zero value": {}, "emptied": &tree} {
		m := treeModel{nodes: &nodes, tree: *tree, want: map[uint64]uint32{}}
		for _, key := range []uint64{0, 1, math.MaxUint64} {
			if err := m.get(key); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := m.delete(key); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := m.check(key); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		m.tree.Clear(&nodes)
	}
	if nodes.Len() != 0 {
		t.Errorf("empty trees hold %d nodes, want 0", nodes.Len())
	}
}

// fills give the i-th of n keys.
var fills = map[string]func(i, n int) uint64{
	"ascending":  func(i, _ int) uint64 { return uint64(i) },
	"descending": func(i, n int) uint64 { return uint64(n - 1 - i) },
	"to the top": func(i, n int) uint64 { return math.MaxUint64 - uint64(n-1-i) },
	"scattered":  func(i, _ int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 },
	"inwards": func(i, _ int) uint64 {
		if i%2 == 0 {
			return uint64(i)
		}
		return math.MaxUint64 - uint64(i)
	},
}

// Around each number of entries at which a node, or a level, is full.
func TestTreeFillAndDrain(t *testing.T) {
	for name, key := range fills {
		for _, n := range []int{1, 2, 41, 42, 43, 84, 85, 1764, 1765, 5000, 75_000} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				if testing.Short() && n > 5000 {
					t.Skip("takes long as WebAssembly")
				}
				for _, drain := range []string{"ascending", "descending", "scattered"} {
					var nodes index.Nodes
					m := treeModel{nodes: &nodes, want: make(map[uint64]uint32, n)}
					order := drainOrder(drain, n)
					for i := range n {
						if err := m.set(key(i, n), uint32(i)); err != nil {
							t.Fatal(err)
						}
					}
					if err := m.check(key(n/2, n)); err != nil {
						t.Fatalf("filled: %v", err)
					}
					for i, at := range order {
						if err := m.delete(key(at, n)); err != nil {
							t.Fatalf("drained %s: %v", drain, err)
						}
						if i == n/2 {
							if err := m.check(key(n/2, n)); err != nil {
								t.Fatalf("half drained %s: %v", drain, err)
							}
						}
					}
					if m.tree != (index.Tree{}) || nodes.Len() != 0 {
						t.Fatalf("drained %s: the tree is %+v and holds %d nodes, want nothing", drain, m.tree, nodes.Len())
					}
				}
			})
		}
	}
}

// drainOrder is 0..n-1 in the order of that name.
func drainOrder(name string, n int) []int {
	if name == "scattered" {
		return rand.New(rand.NewPCG(uint64(n), 1)).Perm(n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = int(fills[name](i, n))
	}
	return order
}

// What a tree costs: 512 bytes a node.
func TestTreeNodes(t *testing.T) {
	const n = 50_000
	tests := []struct {
		fill string
		n    int
		most int // nodes
	}{
		{"scattered", 1, 1},
		{"scattered", 42, 1},
		{"ascending", 42, 1},
		{"ascending", 43, 3},
		{"ascending", n, n/42 + n/42/24 + 2}, // leaves are full, inner nodes mostly
		{"descending", n, n / 30},
		{"scattered", n, n / 33},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s/%d", tt.fill, tt.n), func(t *testing.T) {
			var nodes index.Nodes
			var tree index.Tree
			for i := range tt.n {
				tree.Set(&nodes, fills[tt.fill](i, tt.n), 0)
			}
			if nodes.Len() > tt.most {
				t.Errorf("%d entries take %d nodes, want at most %d", tt.n, nodes.Len(), tt.most)
			}
			for i := range tt.n {
				if i%8 != 0 {
					tree.Delete(&nodes, fills[tt.fill](i, tt.n))
				}
			}
			// What is left fills its nodes by minFill of 42, but for the first.
			if most := tree.Len()/15 + 3; nodes.Len() > most {
				t.Errorf("%d entries left take %d nodes, want at most %d", tree.Len(), nodes.Len(), most)
			}
		})
	}
}

func TestCursor(t *testing.T) {
	var nodes index.Nodes
	var tree index.Tree
	const n = 1000
	for i := range uint64(n) {
		tree.Set(&nodes, 10+10*i, uint32(i))
	}
	tests := []struct {
		seek uint64
		want []entry // the next two
	}{
		{0, []entry{{10, 0}, {20, 1}}},
		{10, []entry{{10, 0}, {20, 1}}},
		{11, []entry{{20, 1}, {30, 2}}},
		{420, []entry{{420, 41}, {430, 42}}}, // the last of its leaf
		{421, []entry{{430, 42}, {440, 43}}}, // behind the last of its leaf
		{9990, []entry{{9990, 998}, {10000, 999}}},
		{10000, []entry{{10000, 999}}},
		{10001, nil},
		{math.MaxUint64, nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.seek), func(t *testing.T) {
			got := walk(tree.Seek(&nodes, tt.seek))
			if diff := cmp.Diff(tt.want, got[:min(2, len(got))], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Seek(%d) (-want +got):\n%s", tt.seek, diff)
			}
		})
	}
}

// Many trees in one Nodes do not disturb each other, and ten entries take one node.
func TestManyTrees(t *testing.T) {
	const trees, entries = 1000, 10
	var nodes index.Nodes
	all := make([]index.Tree, trees)
	for e := range uint64(entries) {
		for i := range all {
			all[i].Set(&nodes, e*uint64(i), uint32(i))
		}
	}
	if nodes.Len() != trees {
		t.Errorf("%d trees of %d entries take %d nodes, want one each", trees, entries, nodes.Len())
	}
	for i := range all {
		if err := all[i].Verify(&nodes); err != nil {
			t.Fatalf("tree %d: %v", i, err)
		}
		for c := all[i].First(&nodes); c.Valid(); c.Next() {
			if c.Value() != uint32(i) {
				t.Fatalf("tree %d has a value of tree %d", i, c.Value())
			}
		}
		if i%2 == 0 {
			all[i].Clear(&nodes)
		}
	}
	if nodes.Len() != trees/2 {
		t.Errorf("after half were cleared, %d nodes are taken, want %d", nodes.Len(), trees/2)
	}
}

// A tree, queues and rings that have had their size leave no garbage.
func TestNoGarbage(t *testing.T) {
	const n = 20_000
	var nodes index.Nodes
	var links index.Links
	var tree index.Tree
	var queues index.Queues
	r := rand.New(rand.NewPCG(5, 6))
	turn := func() {
		for i := range uint32(n) {
			tree.Set(&nodes, r.Uint64(), i)
			queues.Add(&nodes, &links, r.Uint64()%(n/4), i+1)
		}
		for tree.Len() > 0 {
			key, _, _ := tree.Min(&nodes)
			tree.Delete(&nodes, key)
		}
		for queues.Len() > 0 {
			key, value, _ := queues.Min(&nodes)
			queues.Rotate(&nodes, &links, key)
			queues.Remove(&nodes, &links, key, value)
		}
	}
	for range 3 { // the sizes differ a little from turn to turn
		turn()
	}
	if got := testing.AllocsPerRun(5, turn); got > 4 {
		t.Errorf("%v allocations for %d entries, want at most a page or two", got, n)
	}
}
