package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// elementOptions are the flags of `registrar element`, read.
type elementOptions struct {
	asapFlags
	service string
	pool    string
	policy  string
	id      string
	listen  string
	load    string

	lifetime, reregister, uptime, downtime time.Duration
	count                                  int

	// What the texts above say.
	handle  wire.PoolHandle
	initial wire.Policy
	peID    wire.PEIdentifier
	life    wire.RegistrationLife
}

// loadAuto makes the load what the element measures.
const loadAuto = "auto"

func newElementCmd() *cobra.Command {
	o := &elementOptions{}
	cmd := &cobra.Command{
		Use:   "element SERVICE",
		Short: "Run pool elements: echo, discard or daytime servers",
		Long: "Runs pool elements that serve echo, discard or daytime (RFC 862, 863, 867) over\n" +
			"TCP, and keeps them registered until it is interrupted; then it deregisters them.",
		Example:   "  registrar element echo --pool EchoPool --policy wrr:5 --count 3",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"echo", "discard", "daytime"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.service = args[0]
			if err := o.read(); err != nil {
				return fail(exitUsage, err)
			}
			return runElements(cmd, o)
		},
	}
	f := cmd.Flags()
	o.add(f)
	f.StringVar(&o.pool, "pool", "", "pool `HANDLE`; "+rawHandlePrefix+"<base64url> for any bytes")
	f.StringVar(&o.policy, "policy", "rr", "`SPEC`: rr, wrr:5, rand, wrand:5, prio:7, lu:30%, lud:30%:5%, plu:30%:5%, rlu:30%")
	f.StringVar(&o.id, "id", "", "PE identifier; default: a random one")
	f.StringVar(&o.listen, "listen", "", "`ADDR:PORT` to serve at; default: a free port, on loopback if the registrar is there")
	f.DurationVar(&o.lifetime, "lifetime", 5*time.Minute, "registration life, whole seconds; -1s for ever")
	f.DurationVar(&o.reregister, "reregister", 0, "time between registrations; default: the smaller of 10m and lifetime - 20s")
	f.StringVar(&o.load, "load", "", "load for adaptive policies: 30%, or auto for the share of sessions in use")
	f.IntVar(&o.count, "count", 1, "number of elements, each with its own port and PE identifier")
	f.DurationVar(&o.uptime, "uptime", 0, "mean time after which an element fails without a word")
	f.DurationVar(&o.downtime, "downtime", 0, "mean time after which it comes back")
	cmd.MarkFlagRequired("pool") //nolint:errcheck // the flag exists
	cmd.MarkFlagsRequiredTogether("uptime", "downtime")
	return cmd
}

// maxElements bounds --count: each element takes a listening socket.
const maxElements = 10_000

// read turns the texts into values and refuses what makes no sense.
func (o *elementOptions) read() error {
	if services[o.service] == nil {
		return fmt.Errorf("unknown service %q: want %s", o.service, serviceNames)
	}
	var err error
	if o.handle, err = poolHandleArg(o.pool); err != nil {
		return fmt.Errorf("--pool: %w", err)
	}
	if o.initial, err = policy.Parse(o.policy); err != nil {
		return fmt.Errorf("--policy: %w", err)
	}
	if o.count < 1 || o.count > maxElements {
		return fmt.Errorf("--count: want 1 to %d, have %d", maxElements, o.count)
	}
	if o.uptime < 0 || o.downtime < 0 || (o.uptime == 0) != (o.downtime == 0) {
		return errors.New("--uptime and --downtime: want two positive durations")
	}
	return errors.Join(o.readID(), o.readLife(), o.readListen(), o.readLoad())
}

func (o *elementOptions) readID() error {
	if o.id == "" {
		return nil
	}
	id, err := wire.ParseID(o.id)
	switch {
	case err != nil:
		return fmt.Errorf("--id: %w", err)
	case id == 0:
		return errors.New("--id: 0 is no PE identifier; leave the flag out for a random one")
	case o.count > 1:
		return errors.New("--id: cannot be given to more than one element; leave it or --count out")
	}
	o.peID = wire.PEIdentifier(id)
	return nil
}

func (o *elementOptions) readLife() error {
	switch l := o.lifetime; {
	case l == -time.Second:
		o.life = wire.InfiniteLife
	case l < time.Second || l%time.Second != 0 || l/time.Second > math.MaxInt32:
		return fmt.Errorf("--lifetime: want whole seconds from 1s on, or -1s for ever, have %v", l)
	default:
		o.life = wire.RegistrationLife(l / time.Second)
	}
	if o.reregister < 0 || o.life > 0 && o.reregister >= o.lifetime {
		return fmt.Errorf("--reregister: want less than the lifetime of %v, have %v", o.lifetime, o.reregister)
	}
	return nil
}

func (o *elementOptions) readListen() error {
	if o.listen == "" {
		return nil
	}
	at := o.listen
	if at[0] == ':' {
		at = "0.0.0.0" + at
	}
	ap, err := netip.ParseAddrPort(at)
	if err != nil {
		return fmt.Errorf("--listen: want ADDR:PORT with an IP address or none, have %q", o.listen)
	}
	if ap.Port() != 0 && o.count > 1 {
		return fmt.Errorf("--listen: one port cannot serve %d elements; give port 0", o.count)
	}
	return nil
}

func (o *elementOptions) readLoad() error {
	if o.load == "" {
		return nil
	}
	if _, ok := policy.WithLoad(o.initial, 0); !ok {
		return fmt.Errorf("--load: policy %s knows no load; use lu, lud, plu or rlu", policy.Short(o.initial.Type))
	}
	if o.load == loadAuto {
		return nil
	}
	p, err := policy.Parse("lu:" + o.load)
	if err != nil {
		return fmt.Errorf("--load: want a share such as 30%%, or auto, have %q", o.load)
	}
	o.initial, _ = policy.WithLoad(o.initial, p.Load)
	return nil
}
