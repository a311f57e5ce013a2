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
		r, err := simulate(t, cfg)
		if err != nil {
			t.Errorf("seed %d, %v: %v", seed, cfg.Faults, err)
		}
		if r.Elements != cfg.Elements || r.Listed != cfg.Elements || r.Lost != 0 {
			t.Errorf("seed %d, %v: %d of %d elements are registered, %d are listed everywhere, %d were lost on the way",
				seed, cfg.Faults, r.Elements, cfg.Elements, r.Listed, r.Lost)
		}
	}
}
