package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar/asap"
	"rserpool/registrar/load"
)

const (
	// probes begin in a second, before the flood, beside it and after it.
	probes = 100
	// aside is how long they do so before and after it, if it takes as long.
	aside = 5 * time.Second
	// holders are the associations of the elements.
	holders = 10
)

// overloadJSON is what `registrar bench overload` has measured.
type overloadJSON struct {
	benchJSON
	Recovered float64 `json:"recovered_seconds"`
	Before    uint64  `json:"elements_before"`
	After     uint64  `json:"elements_after"`
}

// overloadOptions are the flags of `registrar bench overload`.
type overloadOptions struct {
	benchOptions
	users, depth int
}

func newBenchOverloadCmd() *cobra.Command {
	o := &overloadOptions{benchOptions: benchOptions{Options: load.Options{Work: load.Hold}}}
	cmd := &cobra.Command{
		Use: "overload", Short: "Ask for more than a registrar can answer",
		Long: "Registers elements, then lets another process of this program flood the registrar with\n" +
			"resolutions of their first pool. Beside it one element registers again a hundred times\n" +
			"a second. It tells how long registrations take before the flood (calm) and beside it\n" +
			"(meanwhile), and registrations and resolutions after it; how soon nothing was refused\n" +
			"any more; and how many elements of the pools a user gets before and after.",
		Example: "  registrar bench overload --associations 128 --depth 64 --pid $(pidof registrar)",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.users, o.depth = o.Associations, o.Depth
			o.Associations = min(holders, o.Associations)
			if err := o.read(cmd); err != nil {
				return err
			}
			return o.measure(cmd)
		},
	}
	f := cmd.Flags()
	o.addPlace(cmd)
	o.addSpace(cmd)
	f.IntVar(&o.Depth, "depth", 64, "resolutions that wait for their answers on each association")
	f.Uint32Var(&o.items, "items", 0, "elements that a resolution asks for; 0 leaves it to the registrar")
	o.Associations = 128
	f.Lookup("associations").DefValue = "128"
	f.Lookup("associations").Usage = "associations that ask at once, each from a port of its own"
	f.Lookup("duration").Usage = "how long to flood"
	return cmd
}

// measure floods the registrar while the elements are held, and looks at it before,
// meanwhile and after.
func (o *overloadOptions) measure(cmd *cobra.Command) error {
	ctx := cmd.Context()
	var out overloadJSON
	var phases []phaseJSON
	err := o.whileHeld(ctx, func() (err error) {
		if out.Before, err = o.census(ctx); err != nil {
			return err
		}
		calm, err := o.probe(ctx, "calm", load.Reregister, min(aside, o.Duration))
		if err != nil {
			return err
		}
		type beside struct {
			phase load.Phase
			err   error
		}
		meanwhile := make(chan beside, 1)
		go func() {
			p, err := o.probe(ctx, "meanwhile", load.Reregister, o.Duration)
			meanwhile <- beside{p, err}
		}()
		flood, err := o.flood(cmd)
		ended := time.Now()
		m := <-meanwhile
		if err = cmp.Or(err, m.err); err != nil {
			return err
		}
		m.phase.Server = nil // what it has used is in that of the flood
		after, err := o.probe(ctx, "after", load.Mixed, min(aside, o.Duration))
		if err != nil {
			return err
		}
		if after.LastError.After(ended) {
			out.Recovered = after.LastError.Sub(ended).Seconds()
		}
		phases = []phaseJSON{newPhaseJSON(calm), flood, newPhaseJSON(m.phase), newPhaseJSON(after)}
		out.After, err = o.census(ctx)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return benchError(err)
	}
	o.Associations, o.Depth = o.users, o.depth
	out.benchJSON = o.json(cmd)
	out.Phases = phases
	if wantsData(cmd) {
		return printData(cmd, out)
	}
	if err := o.print(cmd, out.Phases); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "after the flood: the last refusal after %.1f s; the pools have %d elements, before it %d\n",
		out.Recovered, out.After, out.Before)
	return err
}

// probe is what one element and one user experience.
func (o *overloadOptions) probe(ctx context.Context, name string, work load.Work, long time.Duration) (load.Phase, error) {
	p := o.Options
	p.Work, p.Duration, p.Rate, p.Updates = work, long, probes, 0.5
	p.Associations, p.Pools, p.Elements, p.Prefix = 1, 1, 1, o.Prefix+"probe-"
	p.Progress = func(string) {}
	o.Progress(name)
	phases, err := load.Run(ctx, p)
	if err != nil {
		return load.Phase{}, err
	}
	phases[1].Name = name
	return phases[1], nil
}

// census counts the elements that the pools are resolved to.
func (o *overloadOptions) census(ctx context.Context) (elements uint64, err error) {
	for i := range o.Pools {
		one := o.Options
		one.Work, one.Pool, one.Associations, one.Depth, one.Requests, one.Items = load.Resolve, o.Handle(i), 1, 1, 1, asap.AllItems
		one.Progress = func(string) {}
		phases, err := load.Run(ctx, one)
		if err != nil {
			return 0, err
		}
		elements += phases[0].Elements
	}
	return elements, nil
}

// flood lets a process of its own ask: what it waits for must not delay what is measured
// here.
func (o *overloadOptions) flood(cmd *cobra.Command) (phaseJSON, error) {
	self, err := os.Executable()
	if err != nil {
		return phaseJSON{}, err
	}
	args := []string{
		"bench", "resolve", "-q", "-o", "json", "--registrar", o.registrars[0], "--pool", string(o.Handle(0)),
		"--associations", strconv.Itoa(o.users), "--depth", strconv.Itoa(o.depth), "--duration", o.Duration.String(),
		"--items", strconv.FormatUint(uint64(o.Items), 10), "--pid", strconv.Itoa(o.pid),
	}
	for _, name := range []string{"transport", "identity", "key-file", "tls-ca", "tls-name"} {
		args = append(args, given(cmd.Flags().Lookup(name))...)
	}
	o.Progress("flood")
	c := exec.CommandContext(cmd.Context(), self, args...) //nolint:gosec // this program
	c.Stderr = cmd.ErrOrStderr()
	out, err := c.Output()
	if err != nil {
		return phaseJSON{}, fmt.Errorf("the process that floods: %w", err)
	}
	var j benchJSON
	if err := json.Unmarshal(out, &j); err != nil {
		return phaseJSON{}, fmt.Errorf("what the process that floods tells: %w", err)
	}
	if len(j.Phases) == 0 {
		return phaseJSON{}, errors.New("the process that floods has measured nothing")
	}
	j.Phases[0].Name = "flood"
	return j.Phases[0], nil
}

// given is a flag as it was given on the command line, nothing where it was not.
func given(f *pflag.Flag) (args []string) {
	switch all, isList := f.Value.(pflag.SliceValue); {
	case !f.Changed:
	case isList:
		for _, v := range all.GetSlice() {
			args = append(args, "--"+f.Name, v)
		}
	default:
		args = append(args, "--"+f.Name, f.Value.String())
	}
	return args
}
