package sim_test

import (
	"crypto/sha256"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/sim"
)

var transcript = flag.Bool("sim.transcript", false, "print everything that happens")

// run simulates a scope that must pass.
func run(t *testing.T, cfg sim.Config) *sim.Report {
	t.Helper()
	if *transcript {
		cfg.Transcript = func(line string) { t.Log(line) }
	}
	r, err := simulate(t, cfg)
	if err != nil {
		t.Errorf("seed %d: %v", cfg.Seed, err)
	}
	return r
}

func simulate(t *testing.T, cfg sim.Config) (*sim.Report, error) {
	t.Helper()
	s, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s.Run()
}

// sent counts the messages of one type.
func sent(r *sim.Report, p registrar.Protocol, name string) int {
	for _, m := range r.Messages {
		if m.Protocol == p && m.Type == name {
			return m.Count
		}
	}
	return 0
}

func TestSimQuietLife(t *testing.T) {
	for _, light := range []bool{false, true} {
		cfg := sim.DefaultConfig()
		cfg.Light, cfg.Duration = light, time.Minute
		if light { // messages that take no time are delivered all the same
			cfg.Latency, cfg.Jitter = 0, 0
		}
		r := run(t, cfg)
		if r.Registrars != 3 || r.Elements != 50 || r.Listed != 50 || len(r.Deaths) != 0 {
			t.Errorf("light %v: %d registrars list %d of %d elements after %d deaths, want 3, 50, 50 and 0", light, r.Registrars, r.Listed, r.Elements, len(r.Deaths))
		}
		for _, name := range []string{"INIT_TAKEOVER", "TAKEOVER_SERVER", "ERROR"} {
			if n := sent(r, registrar.ENRP, name); n != 0 {
				t.Errorf("light %v: %d %s in a quiet scope, want none", light, n, name)
			}
		}
	}
}

// The same seed gives the same, byte for byte; another one does not.
func TestSimReplay(t *testing.T) {
	digest := func(seed uint64) (*sim.Report, [32]byte) {
		cfg := scope(seed)
		sum := sha256.New()
		cfg.Transcript = func(line string) { sum.Write([]byte(line + "\n")) }
		r, err := simulate(t, cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r, [32]byte(sum.Sum(nil))
	}
	for seed := range uint64(10) {
		one, first := digest(seed)
		two, second := digest(seed)
		if first != second {
			t.Errorf("seed %d: two transcripts differ", seed)
		}
		if diff := cmp.Diff(one, two); diff != "" {
			t.Errorf("seed %d: two reports differ (-first +second):\n%s", seed, diff)
		}
		if _, other := digest(seed + 1000); first == other {
			t.Errorf("seeds %d and %d have the same transcript", seed, seed+1000)
		}
	}
}

// What is done at the same time comes out as if it was not.
func TestSimParts(t *testing.T) {
	digest := func(users, parts int) (*sim.Report, [32]byte) {
		cfg := sim.DefaultConfig()
		cfg.Registrars, cfg.Elements, cfg.Pools, cfg.ElementsPerHost = 8, 400, 20, 10
		cfg.Users, cfg.Latency, cfg.Duration = users, 100*time.Millisecond, 3*time.Minute
		cfg.Faults = []sim.Fault{{At: time.Minute, Kind: sim.PowerLoss, Target: 2}}
		if cfg.Light = users == 0; cfg.Light {
			cfg.Patience = 2 * time.Minute
		} else {
			cfg.Elements, cfg.Duration = 100, 150*time.Second
			for n := range 5 {
				cfg.Faults = append(cfg.Faults, sim.Fault{At: 2 * time.Minute, Kind: sim.ElementPowerLoss, Target: n + 1})
			}
		}
		sum, called := sha256.New(), 0
		cfg.Transcript = func(line string) { sum.Write([]byte(line + "\n")) }
		cfg.Parts, cfg.Each = parts, func(n int, do func(i int)) { called++; each(n, do) }
		r, err := simulate(t, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if (called > 0) != (parts > 1) {
			t.Errorf("%d users, %d parts: divided %d times", users, parts, called)
		}
		return r, [32]byte(sum.Sum(nil))
	}
	for _, users := range []int{0, 30} {
		one, first := digest(users, 1)
		if (one.Users.Failovers > 0) != (users > 0) {
			t.Errorf("%d users: %+v", users, one.Users)
		}
		for _, parts := range []int{2, 3} {
			more, second := digest(users, parts)
			if first != second {
				t.Errorf("with %d users in %d parts the transcript is another", users, parts)
			}
			if diff := cmp.Diff(one, more); diff != "" {
				t.Errorf("with %d users in %d parts the report is another (-one +more):\n%s", users, parts, diff)
			}
		}
	}
}

// One death among N with nothing else wrong costs what takeover.md section 3
// counted at most, and every element has a new home soon.
func TestSimDeath(t *testing.T) {
	for n := 2; n <= 8; n++ {
		for _, kind := range []sim.FaultKind{sim.Crash, sim.PowerLoss} {
			cfg := sim.DefaultConfig()
			cfg.Seed, cfg.Registrars, cfg.Light = uint64(n), n, true //nolint:gosec // small
			cfg.Life, cfg.Reregister, cfg.Patience = 3600, 59*time.Minute, 3*time.Minute
			cfg.Faults = []sim.Fault{{At: 100 * time.Second, Kind: kind, Target: 1}}
			r := run(t, cfg)
			for name, most := range map[string]int{
				"INIT_TAKEOVER": (n - 1) * n, "INIT_TAKEOVER_ACK": (n - 2) * (n - 2), "TAKEOVER_SERVER": n - 1,
			} {
				if got := sent(r, registrar.ENRP, name); got > most {
					t.Errorf("%v of 1 of %d: %d %s, want at most %d", kind, n, got, name, most)
				}
			}
			d := r.Deaths[0]
			if d.Elements == 0 {
				continue
			}
			if d.Adopted != d.Elements || len(d.Winners) != min(1, n-2) || d.Suspected < d.At || d.Declared < d.Suspected ||
				n > 2 && d.Initiated < d.At || d.AdoptedAt < d.Declared || d.AdoptedAt > d.At+2*time.Minute {
				t.Errorf("%v of 1 of %d: %+v, want all its elements adopted by one registrar within 2 minutes", kind, n, *d)
			}
		}
	}
}

// What the checks are for: a registrar that never looks again whether the winner
// of a takeover lives leaves the dead one behind.
func TestSimCheckFindsLeftovers(t *testing.T) {
	bad := 0
	for seed := range uint64(40) {
		cfg := sim.DefaultConfig()
		cfg.Seed, cfg.Light, cfg.Life, cfg.Reregister, cfg.Patience = seed, true, 3600, 59*time.Minute, 4*time.Minute
		cfg.Latency, cfg.LossDetection, cfg.DialTimeout = 300*time.Millisecond, 2*time.Second, time.Second
		cfg.Faults = []sim.Fault{
			{At: 60 * time.Second, Kind: sim.PowerLoss, Target: 1},
			{At: 60*time.Second + 7500*time.Millisecond + time.Duration(seed)*50*time.Millisecond, Kind: sim.PowerLoss, Target: 2},
		}
		run(t, cfg)
		cfg.Registrar.YieldRecheck = 24 * time.Hour
		if _, err := simulate(t, cfg); err != nil && strings.Contains(err.Error(), "yielded") {
			bad++
		}
	}
	if bad == 0 {
		t.Error("no seed of 40 left a peer as yielded for good")
	}
}

func TestSimValidate(t *testing.T) {
	tests := []struct {
		name string
		set  func(*sim.Config)
		want string
	}{
		{"no registrar", func(c *sim.Config) { c.Registrars = 0 }, "1 to 1000000 registrars"},
		{"crowded host", func(c *sim.Config) { c.ElementsPerHost = 9 }, "elements of one host"},
		{"no life", func(c *sim.Config) { c.Life = 0 }, "registration life"},
		{"negative", func(c *sim.Config) { c.Jitter = -1 }, "jitter must not be negative"},
		{"unknown target", func(c *sim.Config) { c.Faults = []sim.Fault{{Kind: sim.Crash, Target: 4}} }, "target from 1 to 3"},
		{"loss of one", func(c *sim.Config) { c.Faults = []sim.Fault{{Kind: sim.Loss, Target: 2, Other: 2}} }, "want two registrars"},
		{"users of light ones", func(c *sim.Config) { c.Light, c.Users = true, 1 }, "light elements have no channels"},
		{"unknown user", func(c *sim.Config) { c.Users, c.Faults = 2, []sim.Fault{{Kind: sim.UserCrash, Target: 3}} }, "target from 1 to 2"},
		{"too late", func(c *sim.Config) { c.Faults = []sim.Fault{{Kind: sim.Freeze, Target: 1, At: c.Duration, For: 1}} }, "must begin and end"},
		{"no such kind", func(c *sim.Config) { c.Faults = []sim.Fault{{Kind: 99, Target: 1}} }, "kind 99"},
		{"burst of light ones", func(c *sim.Config) { c.Light, c.Faults = true, []sim.Fault{{Kind: sim.Burst, Target: 1}} }, "real elements"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := sim.DefaultConfig()
			tt.set(&cfg)
			if _, err := sim.New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// Registrars that start at the same moment, each with some of the others
// configured, all meet.
func TestSimStartTogether(t *testing.T) {
	for seed := range uint64(10) {
		cfg := sim.DefaultConfig()
		cfg.Seed, cfg.Registrars, cfg.Seeds, cfg.Light = seed, 12+int(seed), 3, true
		cfg.Duration = time.Minute
		run(t, cfg)
	}
}
