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

// BenchmarkKeepAlive measures one keep-alive to one of so many elements, from when it
// is due to its acknowledgement.
func BenchmarkKeepAlive(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		w := serving(b, interval(15e9), func(cfg *registrar.Config) {
			cfg.Dialect = registrar.RSPLIB // in which it names its element
		})
		a := w.element(11)
		w.fill(a, "big", n)
		b.Run(fmt.Sprintf("among %d", n), func(b *testing.B) {
			b.ReportAllocs()
			acknowledged := 0
			for b.Loop() {
				w.now, _ = w.r.Deadline()
				for _, e := range w.r.Step(w.now, registrar.Tick{}) {
					send, ok := e.(registrar.Send)
					if !ok || send.Association != a {
						continue
					}
					d, _ := asap.Parse(send.Data)
					m, ok := d.Message.(asap.EndpointKeepAlive)
					if !ok {
						b.Fatalf("the element is sent %+v", d.Message)
					}
					ack, err := asap.Append(nil, asap.EndpointKeepAliveAck{Handle: m.Handle, ID: m.ID})
					if err != nil {
						b.Fatal(err)
					}
					w.r.Step(w.now, registrar.Received{Association: a, Data: ack})
					acknowledged++
				}
			}
			b.ReportMetric(float64(acknowledged)/float64(b.N), "acknowledged/op")
		})
	}
}

// BenchmarkTakeover measures how a registrar takes 100,000 elements over, how it
// sees another one do so, and how it refutes a takeover of its own: the first step,
// which moves all, the longest step, and all together in the three seconds until
// each has its turn to be asked.
func BenchmarkTakeover(b *testing.B) {
	for _, tt := range []struct {
		name         string
		home, target wire.ServerID // of the elements, and of a TAKEOVER_SERVER of 0x70
	}{
		{"won", 0x60, 0},
		{"seen", 0x60, 0x60},
		{"refuted", self, self},
	} {
		b.Run(tt.name, func(b *testing.B) {
			var moved, longest, all time.Duration
			for range b.N {
				w := serving(b)
				crowd(b, w, tt.home, 100_000)
				var first registrar.Event = registrar.Tick{}
				if tt.target != 0 {
					first = registrar.Received{Association: w.peer(0x70, 70), Data: encoded(b, enrp.TakeoverServer{Takeover: takeover(0x70, tt.target)})}
				} else {
					w.now = w.now.Add(61 * time.Second)
					w.r.Step(w.now, registrar.Tick{})
					w.now = w.now.Add(5 * time.Second)
				}
				step := func(ev registrar.Event) {
					begin := time.Now()
					w.r.Step(w.now, ev)
					took := time.Since(begin)
					all += took
					longest = max(longest, took)
				}
				before := all
				step(first)
				moved += all - before
				for end := w.now.Add(3 * time.Second); ; step(registrar.Tick{}) {
					if at, _ := w.r.Deadline(); at.Before(end) {
						w.now = at
					} else {
						break
					}
				}
			}
			b.ReportMetric(float64(moved.Microseconds())/1000/float64(b.N), "moved-ms")
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
			b.ReportMetric(float64(all.Milliseconds())/float64(b.N), "all-ms")
		})
	}
}
