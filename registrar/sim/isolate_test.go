package sim_test

import (
	"testing"
	"time"

	"rserpool/registrar/sim"
)

// A registrar whose network is down for a while removes nobody for it, and all elements
// are in the scope afterwards.
func TestIsolate(t *testing.T) {
	scopes := uint64(*killsFlag / 10)
	if testing.Short() {
		scopes = 3
	}
	for _, d := range []time.Duration{20 * time.Second, 40 * time.Second, time.Minute} {
		engaged, held := 0, uint64(0)
		for seed := range scopes {
			cfg := killed(seed)
			cfg.Registrars, cfg.Elements = 3, 90
			if cfg.Light { // those do not register again while they wait for a call
				cfg.Life = 3600
			}
			cfg.Faults = []sim.Fault{{Kind: sim.Isolate, Target: 1 + int(seed%3), At: time.Minute + time.Duration(seed)*time.Second, For: d}} //nolint:gosec // small
			r, err := simulate(t, cfg)
			if err != nil {
				t.Errorf("seed %d, %v: %v", seed, cfg.Faults, err)
			}
			if r.Elements != cfg.Elements || r.Listed != cfg.Elements || r.Misjudged != 0 {
				t.Errorf("seed %d, %v: %d of %d elements are registered, %d are listed everywhere, %d were taken for unreachable",
					seed, cfg.Faults, r.Elements, cfg.Elements, r.Listed, r.Misjudged)
			}
			if r.Guarded > 0 {
				engaged++
			}
			held++
		}
		if d > 30*time.Second && engaged < int(held*9/10) { //nolint:gosec // small
			t.Errorf("isolated for %v: the guard was engaged in %d scopes of %d", d, engaged, held)
		}
	}
}
