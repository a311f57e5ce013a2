package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/sim"
)

// simulateOptions are the flags of `registrar simulate`.
type simulateOptions struct {
	registrars, elements, pools int
	users                       int
	duration, patience          time.Duration
	fail, loss                  []string
	seed                        uint64
	report                      string
}

func newSimulateCmd() *cobra.Command {
	o := &simulateOptions{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play a scope of registrars in virtual time",
		Long: "Plays an operation scope in virtual time: registrars and pool elements as they are,\n" +
			"on a simulated network. Says how long it took to find out that a registrar died, to\n" +
			"agree on who takes over, and to adopt its elements; how long users were without an element\n" +
			"that died; and checks that nothing is lost.\n" +
			"The same flags give the same output, byte for byte.",
		Example: "  registrar simulate --registrars 5 --elements 1000 --fail 2@60s --patience 5m\n" +
			"  registrar simulate --users 100 --fail 2@60s --fail E7@2m\n" +
			"  registrar simulate --fail 2@60s --loss 1-3@30s --seed 7 -o json --report timeline.svg",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.config()
			if err != nil {
				return fail(exitUsage, err)
			}
			return runSimulate(cmd, cfg, o.report)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.registrars, "registrars", 3, "how many registrars there are")
	f.IntVar(&o.elements, "elements", 100, "how many pool elements there are")
	f.IntVar(&o.pools, "pools", 10, "how many pools they are in")
	f.IntVar(&o.users, "users", 0, "how many pool users there are: each has a session with a pool, and sends messages")
	f.DurationVar(&o.duration, "duration", 10*time.Minute, "how long things go wrong; 16 heartbeats to settle follow")
	f.DurationVar(&o.patience, "patience", 0, "how long elements without a home wait for a registrar to call before they hunt for one")
	f.StringArrayVar(&o.fail, "fail", nil, "registrar `N@TIME` dies, or the host of elements EN; may be repeated")
	f.StringArrayVar(&o.loss, "loss", nil, "registrars `N-M@TIME` lose their association; may be repeated")
	f.Uint64Var(&o.seed, "seed", 1, "where all chance comes from")
	f.StringVar(&o.report, "report", "", "write a timeline to `FILE`, as SVG")
	return cmd
}

// realElements is up to how many elements are played in full.
const realElements = 5000

// config is the scope that the flags describe.
func (o *simulateOptions) config() (sim.Config, error) {
	cfg := sim.DefaultConfig()
	cfg.Seed, cfg.Registrars, cfg.Elements, cfg.Pools = o.seed, o.registrars, o.elements, o.pools
	cfg.Users = o.users
	cfg.Duration, cfg.Patience = o.duration, o.patience
	cfg.Life = 3600
	if cfg.Registrars > cfg.Seeds+1 { // not all are configured with all others
		cfg.Ramp = 200 * time.Millisecond
	}
	if cfg.Light = o.patience > 0 || o.elements > realElements; o.elements > realElements {
		cfg.ElementsPerHost = max(1, min(o.pools, 100))
	}
	var errs []error
	if cfg.Light && cfg.Users > 0 {
		errs = append(errs, fmt.Errorf("--users: need elements that are played in full: at most %d, and no --patience", realElements))
	}
	for _, text := range o.fail {
		f := sim.Fault{Kind: sim.PowerLoss}
		who, at, ok := strings.Cut(text, "@")
		if host, element := strings.CutPrefix(who, "E"); element {
			f.Kind, who = sim.ElementPowerLoss, host
		}
		f.Target, ok = registrarNumber(who, ok)
		if f.At, ok = moment(at, ok); !ok {
			errs = append(errs, fmt.Errorf("--fail %q: want a registrar's number, or E and that of a host of elements, and a time, such as 2@60s", text))
			continue
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	for _, text := range o.loss {
		f := sim.Fault{Kind: sim.Loss}
		who, at, ok := strings.Cut(text, "@")
		one, other, both := strings.Cut(who, "-")
		f.Target, ok = registrarNumber(one, ok && both)
		f.Other, ok = registrarNumber(other, ok)
		if f.At, ok = moment(at, ok); !ok {
			errs = append(errs, fmt.Errorf("--loss %q: want two registrars' numbers and a time, such as 1-3@60s", text))
			continue
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	if err := errors.Join(errs...); err != nil {
		return cfg, err
	}
	return cfg, cfg.Validate()
}

func registrarNumber(text string, before bool) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, before && err == nil
}

func moment(text string, before bool) (at time.Duration, ok bool) {
	at, err := time.ParseDuration(text)
	return at, before && err == nil
}

// each runs n things at the same time.
func each(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { do(i) })
	}
	do(0)
	wg.Wait()
}

func runSimulate(cmd *cobra.Command, cfg sim.Config, file string) error {
	ctx := cmd.Context()
	cfg.Stop = func() bool { return ctx.Err() != nil }
	cfg.Parts, cfg.Each = runtime.GOMAXPROCS(0), each
	scope, err := sim.New(cfg)
	if err != nil {
		return fail(exitUsage, err)
	}
	r, wrong := scope.Run()
	if errors.Is(wrong, sim.ErrStopped) {
		return ctx.Err()
	}
	if wantsData(cmd) {
		err = printData(cmd, newSimulationJSON(r, wrong))
	} else {
		err = printSimulation(cmd, r)
	}
	if err == nil && file != "" {
		err = os.WriteFile(file, []byte(timeline(cfg, r)), 0o644) //nolint:gosec // a report for everybody
	}
	if wrong != nil {
		wrong = fmt.Errorf("what must hold does not, with seed %d: %w", cfg.Seed, wrong)
	}
	return cmp.Or(err, wrong)
}
