package index_test

import (
	"encoding/binary"
	"testing"

	"rserpool/registrar/index"
)

// FuzzTree reads its input as operations of three bytes: what to do, how often, and
// where to begin. Long runs reach splits and merges with few bytes.
func FuzzTree(f *testing.F) {
	f.Add([]byte{0, 255, 0, 1, 255, 0})
	f.Add([]byte{2, 255, 9, 5, 200, 3, 3, 255, 0, 4, 0, 0})
	f.Add([]byte{0, 255, 0, 0, 255, 128, 6, 100, 60, 2, 90, 1, 1, 255, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var nodes index.Nodes
		m := treeModel{nodes: &nodes, want: make(map[uint64]uint32)}
		key := uint64(0)
		for ; len(ops) >= 3; ops = ops[3:] {
			what, times := ops[0], int(ops[1])+1
			key = key<<8 ^ uint64(ops[2])
			for i := range times {
				if err := fuzzStep(&m, what, key, i); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.check(key); err != nil {
				t.Fatal(err)
			}
		}
		m.tree.Clear(&nodes)
		if nodes.Len() != 0 {
			t.Fatalf("%d nodes are still taken after Clear", nodes.Len())
		}
	})
}

// fuzzStep is the i-th time of one operation.
func fuzzStep(m *treeModel, what byte, key uint64, i int) error {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(i)*0x9e3779b97f4a7c15)
	scattered := key ^ binary.BigEndian.Uint64(b[:])
	c := m.tree.Seek(m.nodes, key)
	switch what % 8 {
	case 0:
		return m.set(key+uint64(i), uint32(i))
	case 1:
		return m.set(key-uint64(i), uint32(i))
	case 2:
		return m.set(scattered, uint32(i))
	case 3:
		return m.delete(scattered)
	case 4:
		return m.get(scattered)
	case 5: // the lowest ones
		c = m.tree.First(m.nodes)
	case 6: // every second one
		if c.Valid() {
			c.Next()
		}
	}
	if !c.Valid() {
		return nil
	}
	return m.delete(c.Key())
}
