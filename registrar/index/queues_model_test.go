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

// queuesModel is a Queues beside the slices that it must equal.
type queuesModel struct {
	queues index.Queues
	want   map[uint64][]uint32
}

// entries are all values that must be there from key from on.
func (m *queuesModel) entries(from uint64) []entry {
	var all []entry
	for _, key := range slices.Sorted(maps.Keys(m.want)) {
		for _, value := range m.want[key] {
			if key >= from {
				all = append(all, entry{key, value})
			}
		}
	}
	return all
}

// check compares all that can be seen of the queues.
func (m *queuesModel) check(nodes *index.Nodes, links *index.Links, from uint64, stop int) error {
	if err := m.queues.Verify(nodes, links); err != nil {
		return err
	}
	all := m.entries(0)
	if m.queues.Len() != len(all) {
		return fmt.Errorf("Len() = %d, want %d", m.queues.Len(), len(all))
	}
	key, value, ok := m.queues.Min(nodes)
	if ok != (len(all) > 0) || ok && (entry{key, value}) != all[0] {
		return fmt.Errorf("Min() = %d, %d, %v, want the first of %v", key, value, ok, all)
	}
	want := m.entries(from)
	want = want[:min(len(want), stop)]
	var got []entry
	m.queues.All(nodes, links, from, func(key uint64, value uint32) bool {
		got = append(got, entry{key, value})
		return len(got) < stop
	})
	if !slices.Equal(got, want) {
		return fmt.Errorf("All from %d, stopped after %d (-want +got):\n%s", from, stop, cmp.Diff(want, got))
	}
	return nil
}

// Two queues over the same Nodes and Links, each against slices.
func TestQueuesModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var nodes index.Nodes
		var links index.Links
		var slab index.Slab[struct{}]
		models := [2]queuesModel{{want: map[uint64][]uint32{}}, {want: map[uint64][]uint32{}}}
		keys := rapid.Uint64Range(0, rapid.SampledFrom([]uint64{0, 3, 200, 1<<64 - 1}).Draw(t, "span"))
		pick := func(t *rapid.T) *queuesModel { return &models[rapid.IntRange(0, 1).Draw(t, "queues")] }
		add := func(m *queuesModel, key uint64) {
			value := slab.Take()
			m.queues.Add(&nodes, &links, key, value)
			m.want[key] = append(m.want[key], value)
		}
		remove := func(m *queuesModel, key uint64, i int) {
			value := m.want[key][i]
			m.queues.Remove(&nodes, &links, key, value)
			slab.Give(value)
			if m.want[key] = slices.Delete(m.want[key], i, i+1); len(m.want[key]) == 0 {
				delete(m.want, key)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) { add(pick(t), keys.Draw(t, "key")) },
			"add many": func(t *rapid.T) {
				m, key := pick(t), keys.Draw(t, "key")
				step := rapid.SampledFrom([]uint64{0, 1, 1 << 33}).Draw(t, "step")
				for range rapid.IntRange(1, 200).Draw(t, "length") {
					add(m, key)
					key += step
				}
			},
			"remove": func(t *rapid.T) {
				m := pick(t)
				all := m.entries(0)
				if len(all) == 0 {
					return
				}
				key := all[rapid.IntRange(0, len(all)-1).Draw(t, "at")].Key
				remove(m, key, rapid.IntRange(0, len(m.want[key])-1).Draw(t, "place"))
			},
			"remove first ones": func(t *rapid.T) {
				m := pick(t)
				for range rapid.IntRange(1, 300).Draw(t, "length") {
					if key, value, ok := m.queues.Min(&nodes); ok {
						remove(m, key, slices.Index(m.want[key], value))
					}
				}
			},
			"move": func(t *rapid.T) {
				m, to := pick(t), keys.Draw(t, "to")
				if len(m.want) == 0 {
					t.Skip("empty")
				}
				key := rapid.SampledFrom(slices.Sorted(maps.Keys(m.want))).Draw(t, "key")
				i := rapid.IntRange(0, len(m.want[key])-1).Draw(t, "place")
				value := m.want[key][i]
				m.queues.Move(&nodes, &links, key, to, value)
				if m.want[key] = slices.Delete(m.want[key], i, i+1); len(m.want[key]) == 0 {
					delete(m.want, key)
				}
				m.want[to] = append(m.want[to], value)
			},
			"rotate": func(t *rapid.T) {
				m := pick(t)
				key, _, ok := m.queues.Min(&nodes)
				if all := m.entries(keys.Draw(t, "from")); len(all) > 0 {
					key, ok = all[0].Key, true
				}
				if ok {
					m.queues.Rotate(&nodes, &links, key)
					q := m.want[key]
					m.want[key] = append(slices.Clone(q[1:]), q[0])
				}
			},
			"": func(t *rapid.T) {
				for i := range models {
					from, stop := keys.Draw(t, "from"), rapid.SampledFrom([]int{1, 5, 1 << 30}).Draw(t, "stop")
					if err := models[i].check(&nodes, &links, from, stop); err != nil {
						t.Fatal(err)
					}
				}
			},
		})
		for i := range models {
			for _, e := range models[i].entries(0) {
				remove(&models[i], e.Key, 0)
			}
		}
		if nodes.Len() != 0 {
			t.Fatalf("empty queues hold %d nodes", nodes.Len())
		}
	})
}

// Two rings over the same Links, each against a slice.
func TestRingModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var links index.Links
		var slab index.Slab[struct{}]
		var rings [2]index.Ring
		var want [2][]uint32
		pick := func(t *rapid.T) int { return rapid.IntRange(0, 1).Draw(t, "ring") }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				i, value := pick(t), slab.Take()
				rings[i].Add(&links, value)
				want[i] = append(want[i], value)
			},
			"remove": func(t *rapid.T) {
				i := pick(t)
				if len(want[i]) == 0 {
					return
				}
				at := rapid.IntRange(0, len(want[i])-1).Draw(t, "at")
				rings[i].Remove(&links, want[i][at])
				slab.Give(want[i][at])
				want[i] = slices.Delete(want[i], at, at+1)
			},
			"rotate": func(t *rapid.T) {
				i := pick(t)
				rings[i].Rotate(&links)
				if q := want[i]; len(q) > 0 {
					want[i] = append(slices.Clone(q[1:]), q[0])
				}
			},
			"": func(t *rapid.T) {
				for i := range rings {
					if err := rings[i].Verify(&links); err != nil {
						t.Fatal(err)
					}
					if got := walkRing(&rings[i], &links); !slices.Equal(got, want[i]) || rings[i].Len() != len(want[i]) {
						t.Fatalf("ring %d of Len() %d (-want +got):\n%s", i, rings[i].Len(), cmp.Diff(want[i], got))
					}
				}
			},
		})
	})
}

func walkRing(r *index.Ring, l *index.Links) []uint32 {
	var found []uint32
	for value := r.Head(); value != 0; {
		found = append(found, value)
		if value = l.Next(value); value == r.Head() {
			break
		}
	}
	return found
}
