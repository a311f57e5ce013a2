package registrar_test

import (
	"fmt"
	"testing"

	"rserpool/registrar"
	"rserpool/registrar/asap"
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
