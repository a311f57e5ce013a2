package replica_test

import (
	"fmt"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// BenchmarkReplica: what a page costs its registrar (snapshot) and itself
// (restore, apply).
func BenchmarkReplica(b *testing.B) {
	for _, size := range []int{10, 1_000, 100_000} {
		elements := make([]feed.Message, size)
		r := started(b)
		for i := range size {
			elements[i] = add(wire.PoolHandle(fmt.Sprintf("pool-%06d", i/10)), pe(wire.PEIdentifier(i*7919), self, rr))
			r.Apply(elements[i])
		}
		r.Apply(feed.Sequence{Number: 1})
		run := func(name string, f func(i int)) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					f(i)
				}
			})
		}
		run("apply", func(i int) { r.Apply(elements[i*7919%size]) })
		run("digest", func(int) { digestOf(r) })
		frames := r.Snapshot(64 << 10)
		run("snapshot", func(int) { frames = r.Snapshot(64 << 10) })
		run("restore", func(int) {
			fresh := replica.New()
			for _, frame := range frames {
				if _, err := fresh.ApplyFrame(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
