package index_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/index"
)

func TestQueuesOrder(t *testing.T) {
	var nodes index.Nodes
	var links index.Links
	var q index.Queues
	add := func(key uint64, value uint32) func() { return func() { q.Add(&nodes, &links, key, value) } }
	remove := func(key uint64, value uint32) func() { return func() { q.Remove(&nodes, &links, key, value) } }
	rotate := func(key uint64) func() { return func() { q.Rotate(&nodes, &links, key) } }
	steps := []struct {
		name string
		do   func()
		want string // key:value of all
	}{
		{"first value", add(5, 1), "5:1"},
		{"arrival under the same key", add(5, 2), "5:1 5:2"},
		{"lower key", add(0, 3), "0:3 5:1 5:2"},
		{"highest key", add(1<<64-1, 4), "0:3 5:1 5:2 18446744073709551615:4"},
		{"third under a key", add(5, 5), "0:3 5:1 5:2 5:5 18446744073709551615:4"},
		{"rotate three", rotate(5), "0:3 5:2 5:5 5:1 18446744073709551615:4"},
		{"rotate one", rotate(0), "0:3 5:2 5:5 5:1 18446744073709551615:4"},
		{"add after rotation goes last", add(5, 6), "0:3 5:2 5:5 5:1 5:6 18446744073709551615:4"},
		{"remove the head", remove(5, 2), "0:3 5:5 5:1 5:6 18446744073709551615:4"},
		{"remove the last", remove(5, 6), "0:3 5:5 5:1 18446744073709551615:4"},
		{"remove a key's only one", remove(0, 3), "5:5 5:1 18446744073709551615:4"},
		{"a removed one may come back", add(5, 3), "5:5 5:1 5:3 18446744073709551615:4"},
		{"remove from the middle", remove(5, 1), "5:5 5:3 18446744073709551615:4"},
	}
	for _, step := range steps {
		step.do()
		var got []string
		q.All(&nodes, &links, 0, func(key uint64, value uint32) bool {
			got = append(got, fmt.Sprintf("%d:%d", key, value))
			return true
		})
		if diff := cmp.Diff(step.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if err := q.Verify(&nodes, &links); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

func TestRingOrder(t *testing.T) {
	var links index.Links
	var r index.Ring
	steps := []struct {
		name string
		do   func()
		want []uint32
	}{
		{"empty", func() {}, nil},
		{"rotate none", func() { r.Rotate(&links) }, nil},
		{"first", func() { r.Add(&links, 9) }, []uint32{9}},
		{"rotate one", func() { r.Rotate(&links) }, []uint32{9}},
		{"second", func() { r.Add(&links, 2000) }, []uint32{9, 2000}},
		{"third", func() { r.Add(&links, 4) }, []uint32{9, 2000, 4}},
		{"rotate three", func() { r.Rotate(&links) }, []uint32{2000, 4, 9}},
		{"the head moves on", func() { r.Remove(&links, 2000) }, []uint32{4, 9}},
		{"the head stays", func() { r.Remove(&links, 9) }, []uint32{4}},
		{"the last one", func() { r.Remove(&links, 4) }, nil},
	}
	for _, step := range steps {
		step.do()
		if diff := cmp.Diff(step.want, walkRing(&r, &links)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if r.Len() != len(step.want) {
			t.Errorf("%s: Len() = %d, want %d", step.name, r.Len(), len(step.want))
		}
		if err := r.Verify(&links); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

// A caller that lost count is stopped before it breaks a ring, and told why.
func TestMisusePanics(t *testing.T) {
	var nodes index.Nodes
	var links index.Links
	var q index.Queues
	var r index.Ring
	q.Add(&nodes, &links, 1, 10)
	q.Add(&nodes, &links, 2, 20)
	r.Add(&links, 30)
	tests := []struct {
		name string
		do   func()
		want string
	}{
		{"add twice to a ring", func() { r.Add(&links, 30) }, "is in a ring already"},
		{"add to a second ring", func() { r.Add(&links, 10) }, "is in a ring already"},
		{"add twice to a queue", func() { q.Add(&nodes, &links, 1, 10) }, "is in a ring already"},
		{"add to a queue not there yet", func() { q.Add(&nodes, &links, 7, 10) }, "is in a ring already"},
		{"remove what is in no ring", func() { r.Remove(&links, 31) }, "is in no ring"},
		{"remove what is in no queue", func() { q.Remove(&nodes, &links, 1, 11) }, "is in no ring"},
		{"remove under a key that is not there", func() { q.Remove(&nodes, &links, 3, 10) }, "no queue under this key"},
		{"remove under another key", func() { q.Remove(&nodes, &links, 2, 10) }, "not under this one"},
		{"rotate a key that is not there", func() { q.Rotate(&nodes, &links, 3) }, "no queue under this key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, tt.want) {
					t.Errorf("panics with %q, want it to say %q", got, tt.want)
				}
				if err := q.Verify(&nodes, &links); err != nil {
					t.Errorf("the queues are broken: %v", err)
				}
				if err := r.Verify(&links); err != nil {
					t.Errorf("the ring is broken: %v", err)
				}
			}()
			tt.do()
		})
	}
}
