package sim

import (
	"errors"
	"fmt"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/wire"
)

// Config says what scope to simulate. DefaultConfig fills all but Faults.
type Config struct {
	// Seed is where all chance comes from.
	Seed uint64
	// Registrars, Elements and Pools are how many there are. Elements are spread
	// over the pools in turn.
	Registrars, Elements, Pools int
	// ElementsPerHost is how many elements share one ASAP endpoint, each in a pool
	// of its own; at most Pools.
	ElementsPerHost int
	// Users is how many pool users there are, each on a host of its own. They need
	// full elements, which have channels to users then.
	Users int
	// Light makes elements of few bytes each, which do the least that RFC 5352
	// asks for, instead of those of package endpoint.
	Light bool
	// Patience is how long light elements that have lost their home wait for
	// another registrar to call them before they hunt for one.
	Patience time.Duration
	// Life is the registration life of the elements, Reregister the time between
	// two registrations; 0 is what the life demands.
	Life       wire.RegistrationLife
	Reregister time.Duration

	// Seeds is how many peers a registrar is configured with at most, the first
	// ones; it learns the others from them. Elements know as many registrars.
	Seeds int
	// Ramp is the time between the starts of two registrars; 0: all start at random
	// in the first two seconds. Those that start together and are not configured
	// with each other may ask for the list before either is on it.
	Ramp time.Duration
	// Duration is how long the scope lives before it has to settle; all faults
	// begin and end in it.
	Duration time.Duration
	// Settle is for how many heartbeats nothing goes wrong before the end.
	Settle int
	// Faults are what goes wrong, in any order.
	Faults []Fault

	// Latency and Jitter: a message takes Latency and less than Jitter more.
	Latency, Jitter time.Duration
	// DialTimeout is how long a dial waits for a host that does not answer,
	// LossDetection how long at most an end does not know that its association is
	// lost.
	DialTimeout, LossDetection time.Duration
	// Skew is by how many millionths at most a clock goes wrong.
	Skew int64
	// MaxHappenings is when a scope is given up that does not come to rest.
	MaxHappenings int

	// Registrar has the timers and limits of every registrar; ID, Rand, addresses
	// and Peers are the scope's to choose.
	Registrar registrar.Config
	// Each runs do for 0 to n-1 and returns when all are done: at the same time,
	// if it can. In as many Parts machines are stepped whose messages cannot reach
	// each other yet. Nil: one after the other. What comes out is the same.
	Each  func(n int, do func(i int))
	Parts int
	// Stop is asked now and then; true gives the simulation up with ErrStopped.
	Stop func() bool
	// Transcript gets a line for whatever happens, if it is set.
	Transcript func(line string)
}

// ErrStopped is what Run returns after Config.Stop said so.
var ErrStopped = errors.New("sim: stopped")

// MaxHosts is how many registrars, hosts of elements or users there are at most:
// the addresses 10.0.0.0/8, 11.0.0.0/8 and 12.0.0.0/8 have room for more, but a
// million is enough.
const MaxHosts = 1_000_000

// DefaultConfig is a small scope for a quarter of an hour.
func DefaultConfig() Config {
	return Config{
		Registrars: 3, Elements: 50, Pools: 5, ElementsPerHost: 1, Seeds: 8,
		Life: 120, Duration: 5 * time.Minute, Settle: 16,
		Latency: time.Millisecond, Jitter: 20 * time.Millisecond,
		DialTimeout: 3 * time.Second, LossDetection: 5 * time.Second,
		Skew: 200, MaxHappenings: 2_000_000_000,
		Registrar: registrar.DefaultConfig(),
	}
}

// Validate says what is wrong with a configuration, nil if nothing is.
func (c Config) Validate() error {
	var errs []error
	for _, n := range []struct {
		name           string
		have, from, to int
	}{
		{"registrars", c.Registrars, 1, MaxHosts},
		{"elements", c.Elements, 0, 10 * MaxHosts},
		{"pools", c.Pools, 1, 10 * MaxHosts},
		{"elements of one host", c.ElementsPerHost, 1, c.Pools},
		{"hosts of elements", c.hosts(), 0, MaxHosts},
		{"users", c.Users, 0, MaxHosts},
		{"configured peers", c.Seeds, 1, MaxHosts},
		{"heartbeats to settle", c.Settle, 0, 1_000_000},
		{"registration life in seconds", int(c.Life), 1, 1 << 30},
		{"happenings", c.MaxHappenings, 1, 1 << 40},
		{"clock skew in millionths", int(c.Skew), 0, 100_000},
	} {
		if n.have < n.from || n.have > n.to {
			errs = append(errs, fmt.Errorf("sim: want %d to %d %s, have %d", n.from, n.to, n.name, n.have))
		}
	}
	for _, d := range []struct {
		name string
		d    time.Duration
	}{
		{"duration", c.Duration},
		{"latency", c.Latency},
		{"jitter", c.Jitter},
		{"ramp", c.Ramp},
		{"patience", c.Patience},
		{"time-out of dials", c.DialTimeout},
		{"time to detect a loss", c.LossDetection},
	} {
		if d.d < 0 {
			errs = append(errs, fmt.Errorf("sim: %s must not be negative, is %v", d.name, d.d))
		}
	}
	if c.Light && c.Users > 0 {
		errs = append(errs, fmt.Errorf("sim: light elements have no channels for the %d users; have full ones, or no users", c.Users))
	}
	for _, f := range c.Faults {
		errs = append(errs, f.validate(c))
	}
	return errors.Join(errs...)
}

// hosts is how many hosts of elements there are at the start.
func (c Config) hosts() int {
	return (c.Elements + max(1, c.ElementsPerHost) - 1) / max(1, c.ElementsPerHost)
}

// registrarsUp is when the last registrar has started.
func (c Config) registrarsUp() time.Duration {
	return max(registrarStart, time.Duration(c.Registrars)*c.Ramp)
}

// Warmup is when everybody has started: earlier faults make little sense.
func (c Config) Warmup() time.Duration { return c.registrarsUp() + elementStart }

// end is when the simulation does.
func (c Config) end() time.Duration {
	return c.Duration + time.Duration(c.Settle)*c.Registrar.PeerHeartbeatCycle
}
