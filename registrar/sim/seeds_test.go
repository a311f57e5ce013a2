package sim_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rserpool/registrar/sim"
)

var (
	seedFlag  = flag.Int64("sim.seed", -1, "simulate only this seed")
	seedsFlag = flag.Int("sim.seeds", 200, "how many seeds to simulate")
	fromFlag  = flag.Int64("sim.from", 0, "the first of them")
)

const (
	// shortSeeds are for -short.
	shortSeeds = 20
	// maxFailures is how many seeds are told of.
	maxFailures = 3
	// tailLines is how much of the transcript of a failure is printed.
	tailLines = 60
)

// scope is the scope that a seed stands for: of two to five registrars, with some
// faults.
func scope(seed uint64) sim.Config {
	chance := rand.New(rand.NewPCG(seed, 2))
	cfg := sim.DefaultConfig()
	cfg.Seed = seed
	cfg.Registrars = 2 + chance.IntN(4)
	cfg.Elements = 5 + chance.IntN(40)
	cfg.Pools = 1 + chance.IntN(5)
	cfg.ElementsPerHost = 1 + chance.IntN(cfg.Pools)
	if chance.IntN(3) == 0 { // who sends nothing learns of a loss late
		cfg.LossDetection = 2 * time.Minute
	}
	if chance.IntN(2) == 0 { // no registration comes to help
		cfg.Life = 3600
	}
	if chance.IntN(3) == 0 { // messages cross
		cfg.Jitter = 2 * time.Second
	}
	if chance.IntN(2) == 0 { // nor do elements that hunt
		cfg.Light, cfg.Patience = true, 4*time.Minute
	}
	faults := chance.IntN(12)
	if !cfg.Light {
		cfg.Users = chance.IntN(5)
	}
	cfg.Faults = sim.DrawFaults(cfg, faults)
	cfg.Registrar.Secured = seed%3 == 0 // everybody is who he says, so it makes no difference
	return cfg
}

// TestSimSeeds simulates a scope for each of many seeds. What fails is simulated
// again for its transcript.
func TestSimSeeds(t *testing.T) {
	if *seedFlag >= 0 {
		cfg := scope(uint64(*seedFlag))
		t.Logf("%d registrars, %d elements in %d pools, faults %v", cfg.Registrars, cfg.Elements, cfg.Pools, cfg.Faults)
		run(t, cfg)
		return
	}
	seeds := *seedsFlag
	if testing.Short() {
		seeds = shortSeeds
	}
	failed, deaths, suspected, failovers, echoes := 0, 0, 0, 0, 0
	for i := range seeds {
		seed := uint64(*fromFlag) + uint64(i) //nolint:gosec // flags
		r, err := simulate(t, scope(seed))
		deaths += len(r.Deaths)
		suspected += r.FalseDeaths
		failovers += r.Users.Failovers
		echoes += r.Users.Echoes
		if err == nil {
			continue
		}
		t.Errorf("seed %d: %v\nreplay: go test ./registrar/sim -run TestSimSeeds -v -sim.seed=%d -sim.transcript\n%s", seed, err, seed, tail(t, scope(seed)))
		if failed++; failed == maxFailures {
			t.Fatalf("given up after %d of %d seeds", i+1, seeds)
		}
	}
	t.Logf("%d seeds: %d registrars died, %d times one was wrongly taken for dead; %d failovers of users, %d with a cookie", seeds, deaths, suspected, failovers, echoes)
	if deaths < seeds/4 || suspected < seeds/4 || failovers < seeds/8 || echoes < seeds/8 {
		t.Error("too little goes wrong for this to prove anything")
	}
}

// tail is the end of the transcript of a scope that fails.
func tail(t *testing.T, cfg sim.Config) string {
	t.Helper()
	var lines []string
	cfg.Transcript = func(line string) {
		if lines = append(lines, line); len(lines) > 2*tailLines {
			lines = append([]string(nil), lines[tailLines:]...)
		}
	}
	if _, err := simulate(t, cfg); err == nil {
		return "it passes when simulated again: chance has another source than the seed"
	}
	return fmt.Sprintf("faults: %v\n%s", cfg.Faults, strings.Join(lines[max(0, len(lines)-tailLines):], "\n"))
}
