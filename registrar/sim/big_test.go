package sim_test

import (
	"flag"
	"runtime"
	"sync"
	"testing"
	"time"

	"rserpool/registrar/sim"
)

var bigFlag = flag.Bool("sim.big", false, "simulate the two big scopes too: minutes, and gigabytes")

// TestSimBig simulates an hour of quiet life with five deaths: of a scope with many
// registrars, and of one with many elements.
func TestSimBig(t *testing.T) {
	tests := []struct {
		name                                 string
		registrars, elements, pools, perHost int
		keepAlive, latency                   time.Duration
		big                                  bool
	}{
		{"small", 10, 500, 50, 20, 15 * time.Second, time.Millisecond, false},
		// All over the world.
		{"registrars", 1000, 10_000, 100, 10, time.Minute, 150 * time.Millisecond, true},
		{"elements", 10, 1_000_000, 5000, 1000, 5 * time.Minute, 20 * time.Millisecond, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.big && !*bigFlag {
				t.Skip("takes minutes; add -sim.big")
			}
			cfg := sim.DefaultConfig()
			cfg.Registrars, cfg.Elements, cfg.Pools, cfg.ElementsPerHost = tt.registrars, tt.elements, tt.pools, tt.perHost
			cfg.Ramp = 200 * time.Millisecond
			cfg.Light, cfg.Life, cfg.Latency = true, 3600, tt.latency
			cfg.Patience = 4 * time.Minute // elements wait for the takeover
			cfg.Parts, cfg.Each = runtime.GOMAXPROCS(0), each
			cfg.Registrar.KeepAliveInterval = tt.keepAlive
			cfg.Duration = time.Hour - 16*cfg.Registrar.PeerHeartbeatCycle
			for i := range 5 {
				cfg.Faults = append(cfg.Faults, sim.Fault{At: time.Duration(i+1) * 8 * time.Minute, Kind: sim.FaultKind(i % 2), Target: 2 + i})
			}
			began := time.Now()
			r := run(t, cfg)
			took := time.Since(began)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			t.Logf("%d happenings in %v, %.0f/s, %d MiB from the system", r.Happenings, took, float64(r.Happenings)/took.Seconds(), m.Sys>>20)
			for _, d := range r.Deaths {
				t.Logf("%+v", *d)
			}
		})
	}
}

// each runs all parts at the same time.
func each(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { do(i) })
	}
	do(0)
	wg.Wait()
}
