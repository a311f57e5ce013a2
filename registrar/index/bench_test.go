package index_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"rserpool/registrar/index"
)

var sizes = []int{10, 1_000, 100_000, 1_000_000}

// randomKeys are n different keys in random order.
func randomKeys(n int) []uint64 {
	r := rand.New(rand.NewPCG(1, 2))
	seen := make(map[uint64]bool, n)
	keys := make([]uint64, 0, n)
	for len(keys) < n {
		if key := r.Uint64(); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

func BenchmarkTree(b *testing.B) {
	for _, size := range sizes {
		keys := randomKeys(size)
		var nodes index.Nodes
		var tree index.Tree
		for i, key := range keys {
			tree.Set(&nodes, key, uint32(i))
		}
		spare := randomKeys(2 * size)[size:]
		run := func(name string, f func(i int)) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					f(i)
					if i++; i == size {
						i = 0
					}
				}
			})
		}
		run("get", func(i int) { tree.Get(&nodes, keys[i]) })
		run("set", func(i int) { tree.Set(&nodes, keys[i], uint32(i)) })
		// One delete and one set of another key each: the size stays.
		run("delete", func(i int) {
			tree.Delete(&nodes, keys[i])
			keys[i], spare[i] = spare[i], keys[i]
			tree.Set(&nodes, keys[i], uint32(i))
		})
		b.Run(fmt.Sprintf("scan/%d", size), func(b *testing.B) {
			sum := uint64(0)
			for b.Loop() {
				for c := tree.First(&nodes); c.Valid(); c.Next() {
					sum += c.Key() + uint64(c.Value())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/entry")
		})
	}
}

// BenchmarkQueues has under each key about four values. "front" is what a policy
// does: it takes the first value and puts it a little further back.
func BenchmarkQueues(b *testing.B) {
	for _, size := range sizes {
		var nodes index.Nodes
		var links index.Links
		var queues index.Queues
		keys := make([]uint64, size+1)
		r := rand.New(rand.NewPCG(7, 8))
		for i := 1; i <= size; i++ {
			keys[i] = r.Uint64N(uint64(size+3) / 4)
			queues.Add(&nodes, &links, keys[i], uint32(i))
		}
		b.Run(fmt.Sprintf("front/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				key, value, _ := queues.Min(&nodes)
				queues.Remove(&nodes, &links, key, value)
				keys[value] = key + 1 + uint64(value)%4
				queues.Add(&nodes, &links, keys[value], value)
			}
		})
		b.Run(fmt.Sprintf("move/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				value := 1 + r.Uint32N(uint32(size))
				queues.Remove(&nodes, &links, keys[value], value)
				keys[value] = r.Uint64N(uint64(size+3) / 4)
				queues.Add(&nodes, &links, keys[value], value)
			}
		})
		b.Run(fmt.Sprintf("rotate/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				key, _, _ := queues.Min(&nodes)
				queues.Rotate(&nodes, &links, key)
			}
		})
		visited := 0
		b.Run(fmt.Sprintf("all/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				queues.All(&nodes, &links, 0, func(uint64, uint32) bool { visited++; return true })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/value")
		})
	}
}

// BenchmarkTreeFill reports the memory of an entry, with all nodes and their pages.
func BenchmarkTreeFill(b *testing.B) {
	const size = 1_000_000
	random := randomKeys(size)
	fills := []struct {
		name string
		fill func(tree *index.Tree, nodes *index.Nodes)
	}{
		{"random", func(tree *index.Tree, nodes *index.Nodes) {
			for i, key := range random {
				tree.Set(nodes, key, uint32(i))
			}
		}},
		{"ascending", func(tree *index.Tree, nodes *index.Nodes) {
			for i := range size {
				tree.Set(nodes, uint64(i), uint32(i))
			}
		}},
		{"churn", func(tree *index.Tree, nodes *index.Nodes) { // each key replaced twice
			r := rand.New(rand.NewPCG(3, 4))
			keys := append([]uint64(nil), random...)
			for i, key := range keys {
				tree.Set(nodes, key, uint32(i))
			}
			for i := range 2 * size {
				at := i % size
				tree.Delete(nodes, keys[at])
				keys[at] = r.Uint64()
				tree.Set(nodes, keys[at], uint32(i))
			}
		}},
	}
	for _, f := range fills {
		b.Run(f.name, func(b *testing.B) {
			var bytes uint64
			var entries int
			for b.Loop() {
				var tree index.Tree
				var nodes index.Nodes
				before := heap()
				f.fill(&tree, &nodes)
				bytes += heap() - before
				entries += tree.Len()
				runtime.KeepAlive(&nodes)
			}
			b.ReportMetric(float64(bytes)/float64(entries), "heap-B/entry")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(entries), "ns/entry")
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkGC is a forced collection beside a million entries and values.
func BenchmarkGC(b *testing.B) {
	var nodes index.Nodes
	var tree index.Tree
	var slab index.Slab[[4]uint64]
	for _, key := range randomKeys(1_000_000) {
		tree.Set(&nodes, key, slab.Take())
	}
	runtime.GC()
	for b.Loop() {
		runtime.GC()
	}
	runtime.KeepAlive(&nodes)
	runtime.KeepAlive(&slab)
}
