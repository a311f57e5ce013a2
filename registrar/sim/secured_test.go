package sim_test

import (
	"crypto/sha256"
	"testing"

	"rserpool/registrar/sim"
)

// A scope in which everybody is who he says goes on as one in which nobody asks, for
// as long as no registrar comes back under another ID at the same place.
func TestSimSecured(t *testing.T) {
	life := func(seed uint64, secured bool) (*sim.Report, [32]byte) {
		cfg := scope(seed)
		cfg.Registrar.Secured = secured
		sum := sha256.New()
		cfg.Transcript = func(line string) { sum.Write([]byte(line + "\n")) }
		return run(t, cfg), [32]byte(sum.Sum(nil))
	}
	same, deaths := 0, 0
	for seed := range uint64(20) {
		r, secured := life(seed, true)
		if len(r.Deaths) > 0 {
			deaths++
			continue
		}
		same++
		if _, plain := life(seed, false); plain != secured {
			t.Errorf("seed %d: the secured scope lives another life", seed)
		}
	}
	if same < 5 || deaths < 5 {
		t.Errorf("%d scopes without a death and %d with one, want some of both", same, deaths)
	}
}
