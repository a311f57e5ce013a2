package index

import (
	"strings"
	"testing"
)

// Verify must see each kind of damage: otherwise the model tests prove less than
// they seem to.
func TestTreeVerifyFindsDamage(t *testing.T) {
	var nodes Nodes
	tests := []struct {
		name   string
		damage func(t *Tree, root, leaf *node)
		want   string
	}{
		{"none", func(*Tree, *node, *node) {}, ""},
		{"count", func(t *Tree, _, _ *node) { t.count++ }, "and its count"},
		{"bound", func(t *Tree, _, _ *node) { t.bound-- }, "bound of the first leaf"},
		{"first", func(t *Tree, root, _ *node) { t.first = root.vals[1] }, "in the chain"},
		{"chain", func(_ *Tree, _, leaf *node) { leaf.next = 0 }, "in the chain"},
		{"last bound", func(_ *Tree, root, _ *node) { root.keys[root.n-1]-- }, "last bound"},
		{"no end of the chain", func(t *Tree, _, leaf *node) { nodes.at(nodes.at(leaf.next).next).next = t.first }, "names a next one"},
		{"order", func(_ *Tree, _, leaf *node) { leaf.keys[3] = leaf.keys[2] }, "out of order"},
		{"above its bound", func(_ *Tree, root, _ *node) { root.keys[0]-- }, "out of order"},
		{"below its bound", func(_ *Tree, root, _ *node) { root.keys[0]++ }, "out of order"},
		{"an unused place", func(_ *Tree, root, _ *node) { root.keys[fan-1] = 1 }, "an unused place"},
		{"too many", func(_ *Tree, _, leaf *node) { leaf.n = fan + 1 }, "too many entries"},
		{"next of an inner node", func(_ *Tree, root, _ *node) { root.next = 1 }, "names a next leaf"},
		{"root without need", func(_ *Tree, root, _ *node) { root.n = 1; root.keys[1], root.keys[2] = noKey, noKey }, "less than 2"},
		{"empty leaf", func(_ *Tree, _, leaf *node) { leaf.cut(0) }, "is empty"},
		{"no root", func(t *Tree, _, _ *node) { t.root = 0 }, "without a root"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			nodes = Nodes{}
			var tree Tree
			for i := range uint64(3 * fan) {
				tree.Set(&nodes, i, 1)
			}
			tt.damage(&tree, nodes.at(tree.root), nodes.at(tree.first))
			expect(t, tree.Verify(&nodes), tt.want)
		})
	}
}

func TestQueuesVerifyFindsDamage(t *testing.T) {
	tests := []struct {
		name   string
		damage func(q *Queues, r *Ring, l *Links)
		queues string
		ring   string
	}{
		{"none", func(*Queues, *Ring, *Links) {}, "", ""},
		{"counts", func(q *Queues, r *Ring, _ *Links) { q.n++; r.n++ }, "in queues, and their count: 3 4", "in a ring, and its count: 2 3"},
		{"counts too low", func(q *Queues, r *Ring, _ *Links) { q.n--; r.n-- }, "does not close", "does not close"},
		{"ring open", func(_ *Queues, _ *Ring, l *Links) { l.slab.At(1).next = 0; l.slab.At(4).next = 0 }, "in another ring", "in another ring"},
		{"way back", func(_ *Queues, _ *Ring, l *Links) { l.slab.At(1).prev = 1; l.slab.At(4).prev = 4 }, "names another one", "names another one"},
		{"heads", func(q *Queues, _ *Ring, _ *Links) { q.heads.count = 0 }, "entries of a tree", ""},
		{"no head", func(_ *Queues, r *Ring, _ *Links) { r.head = 0 }, "", "without a head"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var nodes Nodes
			var links Links
			var queues Queues
			var ring Ring
			queues.Add(&nodes, &links, 7, 1)
			queues.Add(&nodes, &links, 7, 2)
			queues.Add(&nodes, &links, 8, 3)
			ring.Add(&links, 4)
			ring.Add(&links, 5)
			tt.damage(&queues, &ring, &links)
			expect(t, queues.Verify(&nodes, &links), tt.queues)
			expect(t, ring.Verify(&links), tt.ring)
		})
	}
}

// expect wants an error that says want, none if that is empty.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("Verify() = %v, want no error", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("Verify() = %v, want it to say %q", err, want)
	}
}
