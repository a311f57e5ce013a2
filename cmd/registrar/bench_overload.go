package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/load"
)

// overloadJSON is what `registrar bench overload` has measured.
type overloadJSON struct {
	benchJSON
	Recovered float64 `json:"recovered_seconds"`
	Before    uint64  `json:"elements_before"`
	After     uint64  `json:"elements_after"`
}

func newBenchOverloadCmd() *cobra.Command {
	o := &benchOptions{Options: load.Options{Work: load.Flood, Updates: 0.5}}
	cmd := &cobra.Command{
		Use: "overload", Short: "Ask for more than a registrar can answer",
		Long: "Floods a registrar with handle resolutions, each association with as many at once\n" +
			"as --depth says, while another one registers an element a hundred times a second. It\n" +
			"tells how long registrations take before the flood (calm) and beside it (meanwhile),\n" +
			"and registrations and resolutions after it; how soon nothing was refused any more;\n" +
			"and how many elements of the pools users get before and after.",
		Example: "  taskset -c 0 registrar serve --keepalive-interval 2s &\n" +
			"  taskset -c 1 registrar bench overload --associations 128 --depth 64 --items 0",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd); err != nil {
				return err
			}
			out, err := load.Overload(cmd.Context(), o.Options)
			if len(out.Phases) > 0 {
				err = cmp.Or(o.reportOverload(cmd, out), err)
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
	f.IntVar(&o.Depth, "depth", 64, "resolutions that wait for their answers on each association")
	f.Uint32Var(&o.items, "items", 0, "elements that a resolution asks for; 0 leaves it to the registrar")
	o.Associations = 128
	f.Lookup("associations").DefValue = "128"
	f.Lookup("associations").Usage = "associations that ask at once, each from a port of its own"
	f.Lookup("duration").Usage = "how long to flood"
	return cmd
}

func (o *benchOptions) reportOverload(cmd *cobra.Command, out load.Overloaded) error {
	if wantsData(cmd) {
		return printData(cmd, overloadJSON{
			benchJSON: o.json(cmd, out.Phases...),
			Recovered: out.Recovered.Seconds(), Before: out.Before, After: out.After,
		})
	}
	if err := o.report(cmd, out.Phases...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "after the flood: the last refusal after %v; the pools have %d elements, before it %d\n",
		out.Recovered.Round(time.Millisecond), out.After, out.Before)
	return err
}
