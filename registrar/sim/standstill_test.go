package sim_test

import (
	"testing"
	"time"

	"rserpool/registrar/sim"
)

// A registrar that got no processor for a while takes nothing that lives for gone, and
// in the end all is as it was.
func TestStandstill(t *testing.T) {
	scopes := *killsFlag / 2
	if testing.Short() {
		scopes = shortSeeds
	}
	for seed := range uint64(scopes) { //nolint:gosec // a flag
		cfg := killed(seed)
		first := cfg.Faults[0]
		first.Kind, first.For = sim.Freeze, time.Second+time.Duration(seed)*time.Second*100/time.Duration(scopes)
		cfg.Faults = []sim.Fault{first}
		r := survives(t, cfg)
		if r.Lost != 0 {
			t.Errorf("seed %d, %v: %d elements were lost on the way", seed, cfg.Faults, r.Lost)
		}
	}
}
