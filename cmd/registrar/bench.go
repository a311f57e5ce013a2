package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/load"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
)

// benchOptions are the flags of `registrar bench`.
type benchOptions struct {
	asapFlags
	load.Options
	pid                  int
	policy, pool, prefix string
	items                uint32
}

func newBenchCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Put load on any registrar that speaks ASAP, and measure it",
		Long: "Registers pools of elements at a registrar, asks it, deregisters them, and tells how\n" +
			"many requests it answered in a second, how long they took, what failed and, with\n" +
			"--pid, how much CPU time and memory its process used. The elements' keep-alives\n" +
			"are answered meanwhile. It is meant for registrars that serve nobody else.",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newBenchWork(load.Resolve, "Resolve pool handles",
			"  registrar bench resolve --pools 10 --elements 100 --associations 4 --depth 16\n"+
				"  registrar bench resolve --pool EchoPool --rate 1000 --duration 1m"),
		newBenchWork(load.Register, "Register elements and deregister them, again and again",
			"  registrar bench register --pools 10 --elements 1000 --depth 32 -o json"),
		newBenchWork(load.Reregister, "Register elements again, with other loads",
			"  registrar bench reregister --pools 10 --elements 100 --pid $(pidof registrar)"),
		newBenchWork(load.Mixed, "Resolve and re-register",
			"  registrar bench mixed --updates 0.2 --associations 16"),
		newBenchWork(load.Hold, "Keep elements registered and answer their keep-alives",
			"  registrar bench hold --pools 1000 --elements 100 --associations 1000 --duration 2m --pid $(pidof registrar)"),
		newBenchOverloadCmd(), newBenchMemoryCmd(), newBenchJoinCmd(), newBenchPingPongCmd(), newBenchEchoCmd())
	return cmd
}

// newBenchWork is the command for one kind of work.
func newBenchWork(work load.Work, short, example string) *cobra.Command {
	o := &benchOptions{Options: load.Options{Work: work}}
	cmd := &cobra.Command{
		Use: string(work), Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd); err != nil {
				return err
			}
			phases, err := load.Run(cmd.Context(), o.Options)
			if len(phases) > 0 {
				err = cmp.Or(o.report(cmd, phases...), err)
			}
			if err == nil && cmd.Context().Err() != nil {
				return errInterrupted
			}
			return benchError(err)
		},
	}
	f := cmd.Flags()
	o.addPlace(cmd)
	o.addSpace(cmd)
	if work != load.Hold {
		f.IntVar(&o.Depth, "depth", 1, "requests that wait for their answers on each association")
		f.IntVar(&o.Requests, "requests", 0, "end after so many, if that is before --duration; 0 is no limit")
	}
	if work != load.Hold && work != load.Register {
		f.Float64Var(&o.Rate, "rate", 0, "requests that begin in a second, answered or not; latencies count from when they were due. 0 sends the next with each answer")
	}
	if work == load.Resolve || work == load.Mixed {
		f.Uint32Var(&o.items, "items", 3, "elements that a resolution asks for; 0 leaves it to the registrar")
	}
	if work == load.Resolve {
		f.StringVar(&o.pool, "pool", "", "`POOL` that exists already, to resolve instead of pools of its own")
	}
	if work == load.Mixed {
		f.Float64Var(&o.Updates, "updates", 0.1, "share of the requests that are re-registrations")
	}
	return cmd
}

// addPlace adds the flags that say which registrar, and how long.
func (o *benchOptions) addPlace(cmd *cobra.Command) {
	f := cmd.Flags()
	o.add(f, o.Work == load.Resolve)
	f.IntVar(&o.Associations, "associations", 1, "associations at once, each from a port of its own")
	f.DurationVar(&o.Duration, "duration", 10*time.Second, "how long to ask")
	f.IntVar(&o.pid, "pid", 0, "the registrar's process on this machine, for its CPU time and memory")
}

// addSpace adds the flags that say what is registered.
func (o *benchOptions) addSpace(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&o.Pools, "pools", 10, "pools to register")
	f.IntVar(&o.Elements, "elements", 100, "elements of each pool")
	f.StringVar(&o.policy, "policy", "lu", "`POLICY` of the pools, such as rr, wrr:5 or lu:30%")
	f.StringVar(&o.prefix, "prefix", "bench-", "what their pool handles begin with")
	f.Uint64Var(&o.Seed, "seed", 1, "of the choice of pools, elements and loads")
}

// read makes the options of the flags, and refuses what makes no sense.
func (o *benchOptions) read(cmd *cobra.Command) error {
	log := newLogger(cmd)
	list, err := o.addresses(false, cmd.Flags().Changed("registrar"))
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return fail(exitUsage, fmt.Errorf("--registrar: want one to measure, have %d", len(list)))
	}
	o.Registrar, o.Local = list[0], loopbackOf(list)
	if o.Transport, err = o.carrier(log); err != nil {
		return err
	}
	if o.pool != "" {
		if o.Pool, err = poolHandleArg(o.pool); err != nil {
			return fail(exitUsage, fmt.Errorf("--pool: %w", err))
		}
	}
	if o.policy != "" {
		if o.Policy, err = policy.Parse(o.policy); err != nil {
			return fail(exitUsage, fmt.Errorf("--policy: %w", err))
		}
	}
	o.Prefix, o.Items = o.prefix, o.items
	o.Depth = max(o.Depth, 1)
	if o.pid != 0 {
		o.Server = &load.Process{PID: o.pid}
		if _, err := o.Server.Usage(); err != nil {
			return fail(exitUsage, fmt.Errorf("--pid: %w", err))
		}
	}
	o.Progress = func(phase string) { log.Info("bench." + phase) }
	return fail(exitUsage, o.Validate())
}

// benchError gives an error of package load its exit code.
func benchError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, transport.ErrLost), errors.Is(err, transport.ErrRefused), errors.Is(err, transport.ErrUnproven):
		return fail(exitUnreachable, fmt.Errorf("no association: %w; is a registrar running there? --registrar names another", err))
	default:
		return err
	}
}
