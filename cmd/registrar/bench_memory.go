package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/load"
)

// memoryJSON is what `registrar bench memory` has measured.
type memoryJSON struct {
	Elements   int     `json:"elements"`
	Pools      int     `json:"pools"`
	Before     int64   `json:"memory_before_bytes"`
	With       int64   `json:"memory_with_elements_bytes"`
	After      int64   `json:"memory_after_deregistration_bytes"`
	EachInAll  float64 `json:"bytes_per_element_in_all"`
	EachGrowth float64 `json:"bytes_per_element_grown"`
}

func newBenchMemoryCmd() *cobra.Command {
	o := &benchOptions{Options: load.Options{Work: load.Hold, Depth: 1}}
	cmd := &cobra.Command{
		Use: "memory", Short: "Measure what elements take in the registrar's memory",
		Long: "Registers elements, and tells how the resident set of the registrar's process grows\n" +
			"with them.",
		Example: "  registrar bench memory --pools 1000 --elements 1000 --associations 10 --pid $(pidof registrar)",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd); err != nil {
				return err
			}
			return o.measureMemory(cmd)
		},
	}
	o.addPlace(cmd)
	o.addSpace(cmd)
	cmd.Flags().Lookup("duration").Usage = "how long to keep the elements before their memory is read"
	cmd.Flags().Lookup("duration").DefValue = time.Second.String()
	o.Duration = time.Second
	_ = cmd.MarkFlagRequired("pid") // it is there
	return cmd
}

func (o *benchOptions) measureMemory(cmd *cobra.Command) error {
	before, err := o.Server.Usage()
	if err != nil {
		return err
	}
	phases, err := load.Run(cmd.Context(), o.Options)
	if err != nil {
		return benchError(err)
	}
	if cmd.Context().Err() != nil {
		return errInterrupted
	}
	if len(phases) < 3 || phases[1].Server == nil || phases[2].Server == nil {
		return errors.New("the registrar's process is gone")
	}
	n := o.Pools * o.Elements
	j := memoryJSON{Elements: n, Pools: o.Pools, Before: before.Memory, With: phases[1].Server.Memory, After: phases[2].Server.Memory}
	j.EachInAll = float64(j.With) / float64(n)
	j.EachGrowth = float64(j.With-j.Before) / float64(n)
	if wantsData(cmd) {
		return printData(cmd, j)
	}
	return cmp.Or(printTable(cmd,
		[]string{"ELEMENTS", "POOLS", "BEFORE", "WITH", "AFTER", "BYTES EACH", "GROWTH EACH"},
		[]string{
			strconv.Itoa(n), strconv.Itoa(o.Pools), megabytes(j.Before), megabytes(j.With), megabytes(j.After),
			fmt.Sprintf("%.0f", j.EachInAll), fmt.Sprintf("%.0f", j.EachGrowth),
		}), printBenchErrors(cmd, o.json(cmd, phases...).Phases))
}
