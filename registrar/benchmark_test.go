package registrar_test

import (
	"fmt"
	"testing"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// BenchmarkStep measures one message through a registrar with so many elements.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		bench := serving(b, interval(15e9))
		a := bench.element(11)
		bench.fill(a, "big", n)
		bench.mustRegister(a, "small", pe(1, 11))
		for _, m := range []struct {
			name string
			asap.Message
		}{
			{"registration", asap.Registration{Handle: "big", Element: pe(wire.PEIdentifier(n/2), 11)}},
			{"resolution", asap.HandleResolution{Handle: "small"}},
			{"resolution of 3", asap.HandleResolution{Handle: "big", Items: 3}},
		} {
			data, err := asap.Append(nil, m.Message)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s among %d", m.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					bench.r.Step(bench.now, registrar.Received{Association: a, Data: data})
				}
			})
		}
	}
}

// BenchmarkTakeover measures how a registrar takes 100,000 elements over: the step
// that moves all of them, the longest step behind it, and all together until each
// has its record and its turn to be asked.
func BenchmarkTakeover(b *testing.B) {
	const n = 100_000
	var moved, longest, all time.Duration
	for range b.N {
		bench := serving(b)
		p := bench.peer(0x60, 60)
		for id := range wire.PEIdentifier(n) {
			data, err := enrp.Append(nil, add(0x60, wire.PoolHandle(fmt.Sprintf("pool-%d", id%100)), pe(id+1, 11)))
			if err != nil {
				b.Fatal(err)
			}
			bench.r.Step(bench.now, registrar.Received{Association: p, Data: data})
		}
		bench.now = bench.now.Add(61 * time.Second)
		bench.r.Step(bench.now, registrar.Tick{})
		bench.now = bench.now.Add(5 * time.Second)
		for first := true; ; first = false {
			at, _ := bench.r.Deadline()
			if at.Sub(bench.now) > time.Microsecond {
				break
			}
			bench.now = at
			begin := time.Now()
			bench.r.Step(bench.now, registrar.Tick{})
			took := time.Since(begin)
			all += took
			longest = max(longest, took)
			if first {
				moved += took
			}
		}
	}
	b.ReportMetric(float64(moved.Milliseconds())/float64(b.N), "moved-ms")
	b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
	b.ReportMetric(float64(all.Milliseconds())/float64(b.N), "all-ms")
}
