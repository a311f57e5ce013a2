// Package wiretest holds what reads bytes of strangers to its word: memory and time
// in proportion to what came, whatever that claims (SEC-28).
package wiretest

import (
	"math"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// constant is what any reading may allocate, for errors and their text.
const constant = 4096

// Bounded fails where do, which reads n bytes, allocates more than per bytes for
// each of them and a constant. It is cheap enough for each input of a fuzz target.
func Bounded(t testing.TB, n, per int, do func()) {
	t.Helper()
	most := uint64(per*n + constant)
	took := cheaply(do)
	// The cheap count sees what others allocate, and does so late: only what is
	// found each time is of do.
	for tries := 0; took > most && tries < 5; tries++ {
		took = min(took, exactly(do))
	}
	if took > most {
		t.Errorf("%d bytes were read with %d bytes of memory, want at most %d", n, took, most)
	}
}

// cheaply misses at most a page of each size of small objects.
func cheaply(do func()) uint64 {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	before := sample[0].Value.Uint64()
	do()
	metrics.Read(sample[:])
	return sample[0].Value.Uint64() - before
}

// exactly stops the world twice.
func exactly(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Linear fails where do takes time out of proportion to the size of what it reads. What
// is quadratic takes 256 times as long for 16 times as much; there are many tries, for
// a machine that has other things to do.
func Linear(t testing.TB, input func(size int) []byte, size int, do func([]byte)) {
	t.Helper()
	const part, most, tries = 16, 128, 30
	small, large := input(size/part), input(size)
	short, long := least(small, do), least(large, do)
	for range tries {
		if long <= most*short {
			return
		}
		short, long = min(short, least(small, do)), min(long, least(large, do))
	}
	t.Errorf("%d bytes take %v to read, %d take %v: want at most %d times as long", len(large), long, len(small), short, most)
}

func least(b []byte, do func([]byte)) time.Duration {
	best := time.Duration(math.MaxInt64)
	for range 3 {
		start := time.Now()
		do(b)
		best = min(best, time.Since(start))
	}
	return best
}
