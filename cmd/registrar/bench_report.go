package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/load"
	"rserpool/registrar/policy"
)

// benchJSON is what a run of `registrar bench` has measured.
type benchJSON struct {
	Work         string      `json:"work"`
	Registrar    string      `json:"registrar"`
	Transport    string      `json:"transport"`
	Associations int         `json:"associations"`
	Depth        int         `json:"depth,omitempty"`
	Pools        int         `json:"pools,omitempty"`
	Elements     int         `json:"elements_per_pool,omitempty"`
	Policy       string      `json:"policy,omitempty"`
	Items        uint32      `json:"items,omitempty"`
	Phases       []phaseJSON `json:"phases"`
}

type phaseJSON struct {
	Name       string            `json:"name"`
	Requests   uint64            `json:"requests"`
	Seconds    float64           `json:"seconds"`
	Rate       float64           `json:"requests_per_second"`
	Latency    *latencyJSON      `json:"latency_microseconds,omitempty"`
	KeepAlives uint64            `json:"keep_alives,omitempty"`
	Errors     map[string]uint64 `json:"errors,omitempty"`
	Server     *serverJSON       `json:"server,omitempty"`
}

type latencyJSON struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

// serverJSON is what the registrar's process used.
type serverJSON struct {
	CPU     float64 `json:"cpu_seconds"`
	CPUEach float64 `json:"cpu_ms_per_1000_requests,omitempty"`
	Share   float64 `json:"cpu_share_of_a_core"`
	Memory  int64   `json:"memory_bytes"`
}

func newPhaseJSON(p load.Phase) phaseJSON {
	j := phaseJSON{
		Name: p.Name, Requests: p.Requests, Seconds: p.Elapsed.Seconds(), Rate: p.Rate(),
		KeepAlives: p.KeepAlives, Errors: p.Errors,
	}
	if p.Requests > 0 {
		j.Latency = &latencyJSON{P50: quantile(p, 50), P99: quantile(p, 99), P999: quantile(p, 99.9), Max: quantile(p, 100)}
	}
	if s := p.Server; s != nil {
		j.Server = &serverJSON{CPU: s.CPU.Seconds(), Memory: s.Memory, Share: s.CPU.Seconds() / p.Elapsed.Seconds()}
		if each, ok := p.CPU(); ok {
			j.Server.CPUEach = float64(each) / float64(time.Millisecond)
		}
	}
	return j
}

// quantile is a latency in microseconds.
func quantile(p load.Phase, percent float64) float64 {
	return float64(p.Latency.ValueAtQuantile(percent)) / float64(time.Microsecond)
}

// json is what was measured, as data.
func (o *benchOptions) json(cmd *cobra.Command, phases ...load.Phase) benchJSON {
	j := benchJSON{
		Work: cmd.Name(), Registrar: o.Registrar.String(), Transport: o.Transport.Name(),
		Associations: o.Associations, Depth: o.Depth, Items: o.Items, Phases: []phaseJSON{},
	}
	if o.Pool == "" && o.Pools > 0 {
		j.Pools, j.Elements, j.Policy = o.Pools, o.Elements, policy.Spec(o.Policy)
	}
	for _, p := range phases {
		j.Phases = append(j.Phases, newPhaseJSON(p))
	}
	return j
}

// report prints what was measured.
func (o *benchOptions) report(cmd *cobra.Command, phases ...load.Phase) error {
	if wantsData(cmd) {
		return printData(cmd, o.json(cmd, phases...))
	}
	return o.print(cmd, o.json(cmd, phases...).Phases)
}

// print prints phases for people.
func (o *benchOptions) print(cmd *cobra.Command, phases []phaseJSON) error {
	rows := [][]string{{"PHASE", "REQUESTS", "RATE", "P50", "P99", "P99.9", "MAX", "ERRORS"}}
	if o.Server != nil {
		rows[0] = append(rows[0], "CPU/1000", "CORE", "MEMORY")
	}
	for _, p := range phases {
		rows = append(rows, p.row())
	}
	if err := printTable(cmd, rows...); err != nil {
		return err
	}
	return printBenchErrors(cmd, phases)
}

func (p phaseJSON) row() []string {
	failed := uint64(0)
	for _, n := range p.Errors {
		failed += n
	}
	row := []string{p.Name, strconv.FormatUint(p.Requests, 10), fmt.Sprintf("%.0f/s", p.Rate), "-", "-", "-", "-", strconv.FormatUint(failed, 10)}
	if l := p.Latency; l != nil {
		for i, took := range []float64{l.P50, l.P99, l.P999, l.Max} {
			row[3+i] = (time.Duration(took) * time.Microsecond).String()
		}
	}
	if s := p.Server; s != nil {
		each := "-"
		if p.Requests > 0 {
			each = time.Duration(s.CPUEach * float64(time.Millisecond)).Round(10 * time.Microsecond).String()
		}
		row = append(row, each, fmt.Sprintf("%.0f %%", 100*s.Share), megabytes(s.Memory))
	}
	return row
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// printBenchErrors says below the table what failed.
func printBenchErrors(cmd *cobra.Command, phases []phaseJSON) error {
	var b strings.Builder
	for _, p := range phases {
		for _, why := range slices.Sorted(maps.Keys(p.Errors)) {
			fmt.Fprintf(&b, "%s: %d times: %s\n", p.Name, p.Errors[why], why)
		}
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}
