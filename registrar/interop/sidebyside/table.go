package main

import (
	"fmt"
	"slices"
	"strings"
)

// tables makes Markdown of what was measured.
func tables(r results) string {
	var b strings.Builder
	passes := 0
	for _, s := range r.Samples {
		passes = max(passes, s.Pass+1)
	}
	for _, work := range []struct{ name, what string }{{resolve, "Handle resolutions"}, {reregister, "Re-registrations"}} {
		if passes == 0 {
			break
		}
		fmt.Fprintf(&b, "\n%s, medians of %d passes. CPU is the server's, milliseconds for 1,000; behind it how often that of the ping-pong, least to most of all passes.\n\n", work.what, passes)
		b.WriteString("| associations x depth | ping-pong | p50 | CPU | registrar | p50 | CPU | RSPLIB | p50 | CPU | ours to theirs, a pass |\n")
		b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
		for _, s := range shapes {
			b.WriteString(row(r, work.name, s))
		}
	}
	b.WriteString(joinTable(r.Joins))
	return b.String()
}

// row compares at one shape.
func row(r results, work string, s shape) string {
	top, our, their := r.of(s, pingpong, ceiling), r.of(s, work, ours), r.of(s, work, theirs)
	if len(top) == 0 || len(our) != len(top) || len(their) != len(top) {
		return ""
	}
	faster := make([]float64, len(top))
	for i := range top {
		faster[i] = our[i].Rate / their[i].Rate
	}
	return fmt.Sprintf("| %v | %.0f/s | %.0f µs | %.0f | %s | %s | %s |\n", s,
		median(top, rate), median(top, p50), median(top, cpu), cells(our, top), cells(their, top), span(faster))
}

// cells are the columns of one registrar.
func cells(of, top []sample) string {
	ratios := make([]float64, len(of))
	for i := range of {
		ratios[i] = of[i].CPU / top[i].CPU
	}
	return fmt.Sprintf("%.0f/s | %.0f µs | %.0f (%s)", median(of, rate), median(of, p50), median(of, cpu), span(ratios))
}

func rate(s sample) float64 { return s.Rate }
func p50(s sample) float64  { return s.P50 }
func cpu(s sample) float64  { return s.CPU }

// of are the samples of one kind, in the order of their passes.
func (r results) of(s shape, work, who string) (all []sample) {
	for _, one := range r.Samples {
		if one.Shape == s && one.Work == work && one.Who == who {
			all = append(all, one)
		}
	}
	return all
}

func median(all []sample, of func(sample) float64) float64 {
	values := make([]float64, len(all))
	for i, s := range all {
		values[i] = of(s)
	}
	return middle(values)
}

func middle(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}

// span is from the least to the most.
func span(values []float64) string {
	return fmt.Sprintf("%.1fx-%.1fx", slices.Min(values), slices.Max(values))
}

// joinTable is about the registrars that join.
func joinTable(all []join) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nA registrar joins one of its kind that has %d elements, medians:\n\n| | until it serves | its CPU time for an element |\n|---|---:|---:|\n", all[0].Elements)
	for _, who := range []string{ours, theirs} {
		var seconds, each []float64
		for _, j := range all {
			if j.Who == who {
				seconds, each = append(seconds, j.Seconds), append(each, j.CPU)
			}
		}
		if len(seconds) > 0 {
			fmt.Fprintf(&b, "| %s | %.2f s | %.1f µs |\n", who, middle(seconds), middle(each))
		}
	}
	return b.String()
}
