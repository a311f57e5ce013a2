package load

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// Work is what the registrar is asked for.
type Work string

// The kinds of work.
const (
	// Resolve asks for elements of a random pool (RFC 5352 section 3.3).
	Resolve Work = "resolve"
	// Register registers all elements and deregisters them, again and again.
	Register Work = "register"
	// Reregister registers a random element again, with another load where its
	// policy has one (RFC 5352 section 3.1).
	Reregister Work = "reregister"
	// Mixed resolves and re-registers.
	Mixed Work = "mixed"
	// Hold keeps the elements registered, answers keep-alives and asks for nothing.
	Hold Work = "hold"
	// Ball is what PingPong does.
	Ball Work = "pingpong"
)

// life is that of all elements: it outlives any run, counted in the seconds of the
// RFC and in the milliseconds of RSPLIB alike.
const life wire.RegistrationLife = 30_000_000

// Options say what to do to which registrar.
type Options struct {
	Transport transport.Transport
	// Registrar is the address of its ASAP port.
	Registrar transport.Address
	// Local are the addresses to bind, none for all.
	Local []netip.Addr

	Work Work
	// Associations are used at once, Depth requests wait on each for their answers.
	Associations, Depth int
	// Rate is how many requests begin in a second, whatever the answers to those
	// before; 0 sends the next one when an answer comes.
	Rate float64
	// Duration of the work, without what is registered before it.
	Duration time.Duration
	// Requests end the work earlier, when so many have begun; 0 is no such limit.
	Requests int

	// Pools of Elements each are registered with Policy, unless Pool is named, which
	// exists already; its handles begin with Prefix.
	Pools, Elements int
	Policy          wire.Policy
	Prefix          string
	Pool            wire.PoolHandle
	// Items is how many elements a resolution asks for; 0 leaves it to the registrar.
	Items uint32
	// Updates is the share of re-registrations in mixed work, 0 to 1.
	Updates float64
	// Seed makes the choice of pools, elements and loads reproducible.
	Seed uint64

	// Server is the registrar's process, nil where it is not known.
	Server *Process
	// Progress, if not nil, hears what begins.
	Progress func(phase string)
}

// Limits of what one run can be asked for: each association takes a socket, each
// element a registration.
const (
	MaxAssociations = 20_000
	MaxDepth        = 4096
	MaxElements     = 2_000_000
)

// Validate says what makes no sense.
func (o Options) Validate() error {
	err := errors.Join(
		upTo("associations", o.Associations, MaxAssociations),
		upTo("depth", o.Depth, MaxDepth),
		o.validateWork(),
	)
	if o.Work != Ball {
		err = errors.Join(err, o.validateSpace())
	}
	return err
}

func (o Options) validateSpace() error {
	if o.Pool != "" {
		if o.Work != Resolve {
			return fmt.Errorf("pool %q: only resolutions can be asked of a pool that exists already, not %s", o.Pool, o.Work)
		}
		return nil
	}
	if err := errors.Join(upTo("pools", o.Pools, MaxElements), upTo("elements", o.Elements, MaxElements)); err != nil {
		return err
	}
	if n := o.Pools * o.Elements; n > MaxElements {
		return fmt.Errorf("%d pools of %d elements are %d, want at most %d", o.Pools, o.Elements, n, MaxElements)
	}
	if !policy.Selects(o.Policy.Type) {
		return fmt.Errorf("policy %s: a registrar cannot select by it", policy.Short(o.Policy.Type))
	}
	return nil
}

func (o Options) validateWork() error {
	switch {
	case o.Duration <= 0:
		return fmt.Errorf("duration %v: want more than 0", o.Duration)
	case o.Rate < 0 || o.Rate > 10e6:
		return fmt.Errorf("rate %v: want 0 (as fast as answers come) to 10 million a second", o.Rate)
	case o.Requests < 0:
		return fmt.Errorf("requests %d: want 0 (no limit) or more", o.Requests)
	case o.Rate > 0 && o.Work == Register:
		return errors.New("rate: registering has none, it takes the elements in turn")
	case o.Updates < 0 || o.Updates > 1:
		return fmt.Errorf("updates %v: want a share from 0 to 1", o.Updates)
	}
	return nil
}

func upTo(what string, n, limit int) error {
	if n < 1 || n > limit {
		return fmt.Errorf("%s: want 1 to %d, have %d", what, limit, n)
	}
	return nil
}

// Handle is that of the i-th pool.
func (o Options) Handle(i int) wire.PoolHandle {
	if o.Pool != "" {
		return o.Pool
	}
	return wire.PoolHandle(o.Prefix + strconv.Itoa(i))
}

// pools is how many there are to ask for.
func (o Options) pools() int {
	if o.Pool != "" {
		return 1
	}
	return o.Pools
}
