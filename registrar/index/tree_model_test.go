package index_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/index"
)

type entry struct {
	Key   uint64
	Value uint32
}

// treeModel is a tree beside the plain map that it must equal.
type treeModel struct {
	nodes *index.Nodes
	tree  index.Tree
	want  map[uint64]uint32
}

func (m *treeModel) set(key uint64, value uint32) error {
	wantOld, wantHad := m.want[key]
	m.want[key] = value
	if old, had := m.tree.Set(m.nodes, key, value); old != wantOld || had != wantHad {
		return fmt.Errorf("Set(%d) = %d, %v, want %d, %v", key, old, had, wantOld, wantHad)
	}
	return m.get(key)
}

func (m *treeModel) delete(key uint64) error {
	wantOld, wantHad := m.want[key]
	delete(m.want, key)
	if old, had := m.tree.Delete(m.nodes, key); old != wantOld || had != wantHad {
		return fmt.Errorf("Delete(%d) = %d, %v, want %d, %v", key, old, had, wantOld, wantHad)
	}
	return m.get(key)
}

func (m *treeModel) get(key uint64) error {
	want, wantHad := m.want[key]
	if got, had := m.tree.Get(m.nodes, key); got != want || had != wantHad {
		return fmt.Errorf("Get(%d) = %d, %v, want %d, %v", key, got, had, want, wantHad)
	}
	return nil
}

// check compares all that can be seen of the tree, by each way of walking it.
func (m *treeModel) check(seek uint64) error {
	if err := m.tree.Verify(m.nodes); err != nil {
		return err
	}
	keys := slices.Sorted(maps.Keys(m.want))
	if m.tree.Len() != len(keys) {
		return fmt.Errorf("Len() = %d, want %d", m.tree.Len(), len(keys))
	}
	want := make([]entry, len(keys))
	for i, key := range keys {
		want[i] = entry{key, m.want[key]}
	}
	if got := walk(m.tree.First(m.nodes)); !slices.Equal(got, want) {
		return fmt.Errorf("from First (-want +got):\n%s", cmp.Diff(want, got))
	}
	at, _ := slices.BinarySearch(keys, seek)
	if got := walk(m.tree.Seek(m.nodes, seek)); !slices.Equal(got, want[at:]) {
		return fmt.Errorf("from Seek(%d) (-want +got):\n%s", seek, cmp.Diff(want[at:], got))
	}
	key, value, ok := m.tree.Min(m.nodes)
	if ok != (len(want) > 0) || ok && (entry{key, value}) != want[0] {
		return fmt.Errorf("Min() = %d, %d, %v, want the first of %d entries", key, value, ok, len(want))
	}
	return nil
}

func walk(c index.Cursor) []entry {
	var found []entry
	for ; c.Valid(); c.Next() {
		found = append(found, entry{c.Key(), c.Value()})
	}
	return found
}

// Two trees over the same Nodes, each against a map.
func TestTreeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := new(index.Nodes)
		models := [2]treeModel{}
		for i := range models {
			models[i] = treeModel{nodes: nodes, want: make(map[uint64]uint32)}
		}
		span := rapid.SampledFrom([]uint64{60, 2_000, 1 << 40, 1<<64 - 1}).Draw(t, "span")
		keys := rapid.Uint64Range(0, span)
		pick := func(t *rapid.T) *treeModel { return &models[rapid.IntRange(0, 1).Draw(t, "tree")] }
		must := func(t *rapid.T, err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				must(t, pick(t).set(keys.Draw(t, "key"), rapid.Uint32().Draw(t, "value")))
			},
			"delete": func(t *rapid.T) {
				m, key := pick(t), keys.Draw(t, "key")
				if c := m.tree.Seek(nodes, key); c.Valid() {
					key = c.Key()
				}
				must(t, m.delete(key))
			},
			"set a run": func(t *rapid.T) {
				m, key := pick(t), keys.Draw(t, "from")
				step := rapid.SampledFrom([]uint64{1, 3, 1 << 20, ^uint64(0)}).Draw(t, "step")
				for i := range rapid.IntRange(1, 400).Draw(t, "length") {
					must(t, m.set(key+uint64(i)*step, uint32(i)))
				}
			},
			"set many": func(t *rapid.T) {
				m, key := pick(t), keys.Draw(t, "seed")
				for i := range rapid.IntRange(1, 400).Draw(t, "length") {
					key = key*6364136223846793005 + 1442695040888963407
					must(t, m.set(key%max(span, 1), uint32(i)))
				}
			},
			"delete a run": func(t *rapid.T) {
				m, key := pick(t), keys.Draw(t, "from")
				skip := rapid.IntRange(0, 2).Draw(t, "skip")
				for range rapid.IntRange(1, 600).Draw(t, "length") {
					c := m.tree.Seek(nodes, key)
					for range skip {
						if c.Valid() {
							c.Next()
						}
					}
					if !c.Valid() {
						return
					}
					must(t, m.delete(c.Key()))
				}
			},
			"clear": func(t *rapid.T) {
				m := pick(t)
				if rapid.IntRange(0, 9).Draw(t, "clear") == 0 {
					m.tree.Clear(nodes)
					clear(m.want)
				}
			},
			"": func(t *rapid.T) {
				for i := range models {
					must(t, models[i].check(keys.Draw(t, "seek")))
				}
			},
		})
		for i := range models {
			models[i].tree.Clear(nodes)
		}
		if n := nodes.Len(); n != 0 {
			t.Fatalf("%d nodes are still taken after both trees were cleared", n)
		}
	})
}
