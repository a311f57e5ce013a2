package sim_test

import (
	"testing"
	"time"

	"rserpool/registrar/sim"
)

// A registrar whose network is down for a while removes nobody for it, and all elements
// are in the scope afterwards.
func TestIsolate(t *testing.T) {
	scopes := *killsFlag / 10
	if testing.Short() {
		scopes = 3
	}
	for _, d := range []time.Duration{20 * time.Second, 40 * time.Second, time.Minute} {
		engaged := 0
		for seed := range uint64(scopes) { //nolint:gosec // a flag
			cfg := killed(seed)
			cfg.Registrars, cfg.Elements = 3, 90
			if cfg.Light { // those do not register again while they wait for a call
				cfg.Life = 3600
			}
			cfg.Faults = []sim.Fault{{Kind: sim.Isolate, Target: 1 + int(seed%3), At: time.Minute + time.Duration(seed)*time.Second, For: d}} //nolint:gosec // small
			r := survives(t, cfg)
			if r.Misjudged != 0 {
				t.Errorf("seed %d, %v: %d elements were taken for unreachable", seed, cfg.Faults, r.Misjudged)
			}
			if r.Guarded > 0 {
				engaged++
			}
		}
		if d > 30*time.Second && engaged < scopes*9/10 {
			t.Errorf("isolated for %v: the guard was engaged in %d scopes of %d", d, engaged, scopes)
		}
	}
}
