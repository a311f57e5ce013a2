package endpoint

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"rserpool/registrar/wire"
)

// Config is what an Endpoint needs. Names in comments are those of RFC 5352
// sections 7.1 to 7.3.
type Config struct {
	// Servers is the list of ENRP servers to hunt through. It may be empty with
	// Announcements.
	Servers []Address
	// Announcements: servers are also learned from the multicast group.
	Announcements bool
	// Stream: servers are reached over TCP, which serves pool users only (RFC 5352
	// section 2.1).
	Stream bool
	// LifeUnit is what servers count a registration life in: a second (RFC 5354
	// section 3.10), which 0 stands for, or a millisecond with RSPLIB.
	LifeUnit time.Duration
	// CookieKey signs the cookies of all elements here; those that are to take
	// over each other's sessions have it in common. Without one it is random.
	CookieKey string
	// Rand makes PE identifiers; seed it well (RFC 5352 section 3.1 R2.2).
	Rand *rand.Rand

	RequestTimeout        time.Duration // T1-ENRPrequest
	RegistrationTimeout   time.Duration // T2-registration
	DeregistrationTimeout time.Duration // T3-deregistration
	HuntTimeout           time.Duration // T5-Serverhunt, doubled every round
	MaxHuntTimeout        time.Duration // RETRAN-MAX
	AnnounceTimeout       time.Duration // T7-ENRPoutdate, at least
	StaleTimeout          time.Duration // stale.cache.value
	// IdleTimeout ends a channel of SendMessage over which nothing went so long.
	IdleTimeout time.Duration

	// MaxRegistrations is MAX-REG-ATTEMPT: how many registrations in a row go
	// unanswered before that is a failure.
	MaxRegistrations int
	// MaxRetransmits is MAX-REQUEST-RETRANSMIT: how often a handle resolution is
	// repeated.
	MaxRetransmits int

	// UpdateInterval is the least time between registrations for changed policy
	// data, AckInterval between acknowledgements of one element.
	UpdateInterval time.Duration
	AckInterval    time.Duration
}

// MaxParallel is how many associations a server hunt may have open or opening
// at once; RFC 5352 section 3.6 SH1 knows no other number.
const MaxParallel = 3

// DefaultConfig gives the values of RFC 5352 section 7, without Servers and Rand.
func DefaultConfig() Config {
	return Config{
		RequestTimeout:        15 * time.Second,
		RegistrationTimeout:   30 * time.Second,
		DeregistrationTimeout: 30 * time.Second,
		HuntTimeout:           10 * time.Second,
		MaxHuntTimeout:        60 * time.Second,
		AnnounceTimeout:       5 * time.Second,
		StaleTimeout:          30 * time.Second,
		IdleTimeout:           30 * time.Second,
		MaxRegistrations:      2,
		MaxRetransmits:        2,
		UpdateInterval:        time.Second,
		// Far below the 5 s a registrar waits, so that a late one still counts.
		AckInterval: time.Second,
	}
}

// Validate tells the first thing that is wrong with c.
func (c Config) Validate() error {
	if len(c.Servers) == 0 && !c.Announcements {
		return errors.New("no registrar to connect to: name at least one")
	}
	for _, s := range c.Servers {
		if len(s.Addrs) == 0 || s.Port == 0 {
			return fmt.Errorf("registrar %v: need an address and a port", s)
		}
	}
	if c.Rand == nil {
		return errors.New("no source of randomness for PE identifiers")
	}
	for _, t := range []struct {
		name string
		d    time.Duration
	}{
		{"request time-out (T1)", c.RequestTimeout},
		{"registration time-out (T2)", c.RegistrationTimeout},
		{"deregistration time-out (T3)", c.DeregistrationTimeout},
		{"hunt time-out (T5)", c.HuntTimeout},
		{"announcement time-out (T7)", c.AnnounceTimeout},
		{"life of a cached pool", c.StaleTimeout},
		{"idle time of a channel", c.IdleTimeout},
		{"update interval", c.UpdateInterval},
		{"acknowledgement interval", c.AckInterval},
	} {
		if t.d <= 0 {
			return fmt.Errorf("%s must be positive, is %v", t.name, t.d)
		}
	}
	if c.LifeUnit != 0 && c.LifeUnit != time.Millisecond && c.LifeUnit != time.Second {
		return fmt.Errorf("a registration life is counted in seconds or milliseconds, not in %v", c.LifeUnit)
	}
	if c.MaxHuntTimeout < c.HuntTimeout {
		return fmt.Errorf("longest hunt time-out %v is below the first, %v", c.MaxHuntTimeout, c.HuntTimeout)
	}
	if c.MaxRegistrations < 1 || c.MaxRetransmits < 0 {
		return fmt.Errorf("need at least 1 registration attempt and 0 repetitions, have %d and %d", c.MaxRegistrations, c.MaxRetransmits)
	}
	return nil
}

// Spec describes a pool element.
type Spec struct {
	Handle wire.PoolHandle
	// ID is the PE identifier. 0: a random one, replaced by another should the
	// server call it taken (cause 4).
	ID wire.PEIdentifier
	// Policy is Round Robin where there is none (RFC 5356 section 4.1).
	Policy wire.Policy
	// Life is the registration life in seconds, wire.InfiniteLife for ever.
	Life wire.RegistrationLife
	// Reregister is the time between registrations; 0: what Life demands.
	Reregister time.Duration
	// User is where the element serves. Without addresses it gets those of the
	// association to the home: all of them for SCTP, the first for the others.
	User wire.Transport
	// Persist: once registered, it never gives up trying to be.
	Persist bool
	// StayOut: when the server removes it, it stays out.
	StayOut bool
}

// Validate tells the first thing that is wrong with s.
func (s Spec) Validate() error {
	switch {
	case s.Handle == "":
		return errors.New("pool handle must not be empty")
	case !s.User.Present():
		return errors.New("element has no user transport")
	case s.User.Type != wire.TypeOpaqueTransport && s.User.Port == 0:
		return errors.New("user port must not be 0")
	case s.Life == 0 || s.Life < wire.InfiniteLife:
		return fmt.Errorf("registration life must be at least 1 s, or -1 for ever, is %d", s.Life)
	case s.Reregister < 0:
		return fmt.Errorf("re-registration interval must not be negative, is %v", s.Reregister)
	case s.Life > 0 && s.Reregister >= life(s.Life):
		return fmt.Errorf("re-registration interval %v must be shorter than the registration life, %v", s.Reregister, life(s.Life))
	}
	return nil
}

// life is l seconds as servers count them, or the longest life that there is a number
// for.
func (c Config) life(l wire.RegistrationLife) wire.RegistrationLife {
	if l == wire.InfiniteLife || c.LifeUnit == 0 {
		return l
	}
	return wire.RegistrationLife(min(life(l)/c.LifeUnit, math.MaxInt32))
}

func life(l wire.RegistrationLife) time.Duration { return time.Duration(l) * time.Second }

// What T4-reregistration is made of (RFC 5352 section 7.1).
const (
	maxReregister = 600 * time.Second
	lifeMargin    = 20 * time.Second
)

// interval is T4-reregistration: min(10 min, life - 20 s); half the life where
// that would be less.
func (s Spec) interval() time.Duration {
	switch l := life(s.Life); {
	case s.Reregister > 0:
		return s.Reregister
	case s.Life == wire.InfiniteLife:
		return maxReregister
	case l <= 2*lifeMargin:
		return l / 2
	default:
		return min(maxReregister, l-lifeMargin)
	}
}
