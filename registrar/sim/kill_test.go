package sim_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rserpool/registrar/sim"
)

var killsFlag = flag.Int("sim.kills", 200, "in how many scopes a registrar is killed")

// killed is a scope whose registrars have the timers of RFC 5353 and whose network
// takes the times of a real one. One registrar is killed at any moment, and another
// one, or its next life, a little later in half of the scopes.
func killed(seed uint64) sim.Config {
	chance := rand.New(rand.NewPCG(seed, 3))
	cfg := sim.DefaultConfig()
	cfg.Seed = seed
	cfg.Registrars = 3 + chance.IntN(3)
	cfg.Elements = 10 + chance.IntN(40)
	cfg.Latency, cfg.Jitter = 200*time.Microsecond, 2*time.Millisecond
	cfg.DialTimeout, cfg.LossDetection = 5*time.Second, 8*time.Second // those of package transport
	if chance.IntN(2) == 0 {
		cfg.Life = 3600 // no registration comes to help
	}
	if chance.IntN(2) == 0 { // nor do elements that hunt
		cfg.Light, cfg.Patience = true, 4*time.Minute
	}
	kill := func(target int, from, to time.Duration) sim.Fault {
		f := sim.Fault{Kind: sim.Crash, Target: target, At: from + time.Duration(chance.Int64N(int64(to-from)))}
		if chance.IntN(2) == 0 { // over UDP nobody tells of it
			f.Kind = sim.PowerLoss
		}
		if chance.IntN(2) == 0 { // what keeps it running starts it again
			f.For = 100*time.Millisecond + time.Duration(chance.Int64N(int64(100*time.Second)))
		}
		return f
	}
	// From the first registrations on, which come within seconds.
	first := kill(1+chance.IntN(cfg.Registrars), time.Second, 100*time.Second)
	cfg.Faults = []sim.Fault{first}
	if chance.IntN(2) == 0 { // while the first one is being taken over
		other := 1 + first.Target%cfg.Registrars
		cfg.Faults = append(cfg.Faults, kill(other, first.At, first.At+90*time.Second))
	}
	return cfg
}

// survives simulates a scope whose elements must all be there in the end, everywhere.
func survives(t *testing.T, cfg sim.Config) *sim.Report {
	t.Helper()
	r, err := simulate(t, cfg)
	if err != nil || r.Elements != cfg.Elements || r.Listed != cfg.Elements {
		t.Errorf("seed %d, %v: %d of %d elements are registered, %d are listed everywhere: %v",
			cfg.Seed, cfg.Faults, r.Elements, cfg.Elements, r.Listed, err)
	}
	return r
}

// ARC-01 ARC-02: whichever registrar is killed, and whenever, all elements are in the
// scope afterwards, and none that lives is taken out of the handlespace of who survives.
func TestKill(t *testing.T) {
	scopes := *killsFlag
	if testing.Short() {
		scopes = shortSeeds
	}
	var times []time.Duration
	for seed := range uint64(scopes) { //nolint:gosec // a flag
		cfg := killed(seed)
		r := survives(t, cfg)
		if r.Lost != 0 {
			t.Errorf("seed %d, %v: %d elements were lost on the way", seed, cfg.Faults, r.Lost)
		}
		for _, d := range r.Deaths {
			if d.Elements > 0 && d.AdoptedAt > 0 {
				times = append(times, d.AdoptedAt-d.At)
			}
		}
	}
	slices.Sort(times)
	if len(times) < scopes/2 {
		t.Fatalf("%d of the killed were home of anything in %d scopes: too few to prove anything", len(times), scopes)
	}
	t.Logf("%d scopes: the elements of %d dead homes had another one after %v (median), %v (at most)",
		scopes, len(times), times[len(times)/2].Round(time.Millisecond), times[len(times)-1].Round(time.Millisecond))
}
