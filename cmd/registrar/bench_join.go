package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar"
	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/load"
	"rserpool/registrar/node"
	"rserpool/registrar/transport"
)

// joinTime is how long registering elements and all joins may take.
const joinTime = 10 * time.Minute

// joinOptions are the flags of `registrar bench join`.
type joinOptions struct {
	benchOptions
	mentor  string
	dialect *choice
	repeat  int
}

// joined is one registrar that has come in.
type joined struct {
	Elements   int     `json:"elements"`
	Seconds    float64 `json:"seconds"`
	JoinerEach float64 `json:"joiner_cpu_microseconds_per_element"`
	MentorEach float64 `json:"mentor_cpu_microseconds_per_element,omitempty"`
}

func newBenchJoinCmd() *cobra.Command {
	o := &joinOptions{benchOptions: benchOptions{Options: load.Options{Work: load.Hold, Depth: 1}}}
	cmd := &cobra.Command{
		Use: "join", Short: "Measure how long another registrar takes to join",
		Long: "Registers elements at a registrar, then starts another one in this process that has\n" +
			"it as mentor, and tells how long that takes from its start until it serves, and the\n" +
			"CPU time of both (RFC 5353 section 3.2).",
		Example: "  registrar bench join --registrar 192.0.2.1:3863 --mentor 192.0.2.1:9901 --pools 100 --elements 500",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd); err != nil {
				return err
			}
			if o.repeat < 1 {
				return fail(exitUsage, fmt.Errorf("--repeat: want at least 1, have %d", o.repeat))
			}
			mentor, err := transport.ParseAddress(o.mentor)
			if err != nil {
				return fail(exitUsage, fmt.Errorf("--mentor: %w", err))
			}
			return o.measureJoins(cmd, mentor)
		},
	}
	o.addPlace(cmd)
	o.addSpace(cmd)
	f := cmd.Flags()
	f.StringVar(&o.mentor, "mentor", "127.0.0.1:9901", "`ADDRESS` of the registrar's ENRP port, HOST:PORT[@UDPPORT]")
	o.dialect = newDialect()
	f.Var(o.dialect, "dialect", "how the registrars speak: rfc, or rsplib")
	f.IntVar(&o.repeat, "repeat", 1, "how many registrars join, one after the other")
	o.Duration = joinTime
	f.Lookup("duration").Usage, f.Lookup("duration").DefValue = "how long all of it may take", joinTime.String()
	return cmd
}

// measureJoins lets registrars join while the elements are held.
func (o *joinOptions) measureJoins(cmd *cobra.Command, mentor transport.Address) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), o.Duration)
	defer cancel()
	all := make([]joined, 0, o.repeat)
	err := o.whileHeld(ctx, func() error {
		for range o.repeat {
			j, err := o.join(ctx, mentor)
			if err != nil {
				return err
			}
			all = append(all, j)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return o.reportJoins(cmd, all)
}

// join starts a registrar, waits until it serves, and stops it.
func (o *joinOptions) join(ctx context.Context, mentor transport.Address) (joined, error) {
	serving := make(chan struct{}, 1)
	elements := 0 // the node's until it serves
	dialect := registrar.RFC
	if o.dialect.value == registrar.RSPLIB.String() {
		dialect = registrar.RSPLIB
	}
	local := []transport.Address{{Addrs: o.Local}}
	c := node.Config{
		Registrar: dialect.Config(), Transport: o.Transport, Peers: []transport.Address{mentor}, ASAP: local, ENRP: local,
		Publish: func(_ time.Time, changes []feed.Message) {
			for _, m := range changes {
				switch m := m.(type) {
				case enrp.HandleUpdate:
					elements++
				case feed.RegistrarState:
					if m.Phase == feed.Serving && len(serving) == 0 {
						serving <- struct{}{}
					}
				}
			}
		},
	}
	self := load.Process{PID: os.Getpid()}
	before, err := self.Usage()
	if err != nil {
		return joined{}, err
	}
	mentorBefore := o.Server.Used()
	start := time.Now()
	n, err := node.Start(ctx, c)
	if err != nil {
		return joined{}, err
	}
	defer n.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // it has joined
	select {
	case <-serving:
	case <-n.Done():
		return joined{}, n.Err()
	case <-ctx.Done():
		return joined{}, fmt.Errorf("the registrar that joins does not serve: %w", ctx.Err())
	}
	took := time.Since(start)
	after, err := self.Usage()
	if err != nil {
		return joined{}, err
	}
	j := joined{Elements: elements, Seconds: took.Seconds(), JoinerEach: perElement(after.CPU-before.CPU, elements)}
	if used := o.Server.Since(mentorBefore); used != nil {
		j.MentorEach = perElement(used.CPU, elements)
	}
	return j, nil
}

func perElement(cpu time.Duration, elements int) float64 {
	return float64(cpu) / float64(time.Microsecond) / float64(max(elements, 1))
}

func (o *joinOptions) reportJoins(cmd *cobra.Command, all []joined) error {
	if wantsData(cmd) {
		return printData(cmd, struct {
			Mentor string   `json:"mentor"`
			Joins  []joined `json:"joins"`
		}{o.mentor, all})
	}
	rows := [][]string{{"ELEMENTS", "TIME", "CPU/ELEMENT"}}
	if o.Server != nil {
		rows[0] = append(rows[0], "MENTOR'S")
	}
	for _, j := range all {
		row := []string{strconv.Itoa(j.Elements), fmt.Sprintf("%.2f s", j.Seconds), fmt.Sprintf("%.1f µs", j.JoinerEach)}
		if o.Server != nil {
			row = append(row, fmt.Sprintf("%.1f µs", j.MentorEach))
		}
		rows = append(rows, row)
	}
	return printTable(cmd, rows...)
}
