package handlespace_test

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// elementsPerPool makes the number of pools grow with that of elements.
const elementsPerPool = 10

func benchHandle(i int) wire.PoolHandle {
	return wire.PoolHandle(fmt.Sprintf("pool-%06d", i/elementsPerPool))
}

func BenchmarkHandlespace(b *testing.B) {
	for _, size := range []int{10, 1_000, 100_000} {
		names := make([]wire.PoolHandle, size)
		elements := make([]wire.PoolElement, size)
		h := handlespace.New()
		for i := range size {
			names[i], elements[i] = benchHandle(i), pe(wire.PEIdentifier(i*7919), wire.ServerID(1+i%3), rr)
			if _, err := h.Put(names[i], elements[i], start); err != nil {
				b.Fatal(err)
			}
		}
		run := func(name string, f func(i int)) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					f(i)
				}
			})
		}
		run("register", func(i int) { // and deregister, so that the size stays
			n := i * 7919 % size
			h.Remove(names[n], elements[n].ID)
			_, _ = h.Put(names[n], elements[n], start)
		})
		run("refresh", func(i int) {
			n := i * 7919 % size
			_, _ = h.Put(names[n], elements[n], start.Add(time.Duration(i)))
		})
		run("resolve3", func(i int) { h.Resolve(names[i*7919%size], 3) })
		run("checksum", func(i int) { h.Checksum(wire.ServerID(1 + i%3)) })
	}
}
