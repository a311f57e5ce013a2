package sim_test

import (
	"testing"
	"time"

	"rserpool/registrar/sim"
)

// withUsers is a scope of elements that have users.
func withUsers(seed uint64) sim.Config {
	cfg := sim.DefaultConfig()
	cfg.Seed, cfg.Elements, cfg.Pools, cfg.Users, cfg.ElementsPerHost = seed, 20, 4, 8, 2
	return cfg
}

// Where nothing goes wrong, users keep the element that they have.
func TestSimUsersQuietLife(t *testing.T) {
	cfg := withUsers(1)
	cfg.Duration = 2 * time.Minute
	r := run(t, cfg)
	t.Logf("%+v", r.Users)
	if u := r.Users; u.Failovers != 0 || u.Echoes != 0 || u.Sessions != cfg.Users || u.Failed != 0 || u.Messages == 0 {
		t.Errorf("%+v, want one session for each user, kept, and answers to messages", u)
	}
	if n := sent(r, 0, "ENDPOINT_UNREACHABLE"); n != 0 {
		t.Errorf("%d elements reported as unreachable, want none", n)
	}
}

// Every element of a pool dies but those that came last: users go on with one of
// these, and bring it their state.
func TestSimUsersFailover(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.ElementCrash, sim.ElementPowerLoss} {
		longest, echoes := time.Duration(0), 0
		for seed := range uint64(10) {
			cfg := withUsers(seed)
			cfg.Elements, cfg.Pools, cfg.ElementsPerHost, cfg.Users = 6, 2, 2, 4
			cfg.Faults = []sim.Fault{
				{At: 195 * time.Second, Kind: sim.Burst, Target: 3, Count: 2},
				{At: 196 * time.Second, Kind: sim.Leave, Target: 3, Count: 2},
				{At: 200 * time.Second, Kind: kind, Target: 1},
				{At: 201 * time.Second, Kind: kind, Target: 2},
			}
			r := run(t, cfg)
			if u := r.Users; u.Failovers < cfg.Users || u.Sessions != cfg.Users || u.Failed != 0 {
				t.Errorf("%v, seed %d: %+v, want all sessions to go on with the last elements", kind, seed, r.Users)
			}
			longest, echoes = max(longest, r.Users.Longest), echoes+r.Users.Echoes
		}
		t.Logf("%v: longest without an element %v, %d echoes", kind, longest, echoes)
	}
}
