package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

const comparison = `In parentheses: compared with RSPLIB 3.5.10 (in C; Release build, in memory, CPU time), from the worst policy to the best. 2x is twice as fast
or half the memory. RSPLIB ran on other hardware, a 2 vCPU Xeon at 2.80 GHz: take ratios within 1.5x (0.67x to 1.5x) for a tie.
`

// independent are the operations that know no policy.
var independent = []string{"table128", "checksum"}

// report writes the tables of all that was measured; empty if none is about that.
func report(r *results, f figures) string {
	var tables, details strings.Builder
	writeHandlespace(&tables, &details, r, f)
	writeMemory(&tables, &details, r, f)
	writeGC(&tables, r)
	writeLatency(&tables, &details, r, f)
	writeCodec(&tables, r, f)
	if tables.Len() == 0 {
		return ""
	}
	if details.Len() > 0 {
		fmt.Fprintf(&tables, "\n<details><summary>By policy</summary>\n%s\n</details>\n", &details)
	}
	return machine(r) + "\n" + comparison + tables.String()
}

// machine says where and how often the benchmarks ran, without a host's name. The
// compiler is the one that built this program: make runs both with one.
func machine(r *results) string {
	line := fmt.Sprintf("%s, GOMAXPROCS %s, %s/%s, %s.", r.cpu, r.procs, r.goos, r.goarch, runtime.Version())
	if n := r.runs(); n > 1 {
		line += fmt.Sprintf(" Medians of %d runs.", n)
	}
	return line + "\n"
}

func perSecond(nanoseconds float64) float64 { return 1e9 / nanoseconds }

func writeHandlespace(tables, details *strings.Builder, r *results, f figures) {
	var measures []measure
	for _, op := range r.part("Handlespace", 1) {
		prefix := "Handlespace/" + op
		measures = append(measures, measure{
			name: op, prefix: prefix, rsplib: prefix, unit: "ns/op", convert: perSecond, format: count,
			independent: slices.Contains(independent, op),
		})
	}
	a := axes{r.part("Handlespace", 2), r.part("Handlespace", 3)}
	writeGrid(tables, details, r, f, "operations/s", `Handlespace: operations a second, of takeover and table128 elements a second; by pools x elements in each. Medians over the policies.
`, measures, a)
}

func writeMemory(tables, details *strings.Builder, r *results, f figures) {
	measures := []measure{
		{name: "live heap", prefix: "Memory", unit: "heap-B/element", format: whole},
		{name: "resident set", prefix: "Memory", rsplib: "Memory", unit: "rss-B/element", format: whole, less: true},
	}
	a := axes{r.part("Memory", 1), r.part("Memory", 2)}
	writeGrid(tables, details, r, f, "bytes/element", `Memory: bytes an element. Medians over the policies.
`, measures, a)
}

func writeLatency(tables, details *strings.Builder, r *results, f figures) {
	measures := []measure{
		{name: "p50", prefix: "Latency", unit: "p50-ns", format: whole},
		{name: "p99", prefix: "Latency", unit: "p99-ns", format: whole},
	}
	a := axes{r.part("Latency", 1), r.part("Latency", 2)}
	writeGrid(tables, details, r, f, "ns", `Latency: nanoseconds of a resolution of 3 in a pool of 100,000, at 100,000 a second, by re-registrations a second beside it.
Medians over the policies.
`, measures, a)
}

// writeGrid writes a summary of some measures to tables, and what each policy has
// to details; nothing where nothing was measured.
func writeGrid(tables, details *strings.Builder, r *results, f figures, unit, caption string, measures []measure, a axes) {
	if len(a.columns) == 0 {
		return
	}
	tables.WriteString("\n" + caption + "\n")
	writeSummary(tables, r, f, unit, measures, a)
	for _, m := range measures {
		if m.independent {
			continue
		}
		m.name += ", " + unit
		details.WriteByte('\n')
		m.writePolicies(details, r, f, a)
	}
}

func writeGC(tables *strings.Builder, r *results) {
	if ms, ok := r.median("GC", "cpu-ms/gc"); ok {
		fmt.Fprintf(tables, "\nA garbage collection beside a million elements takes %s ms of CPU time.\n", digits(ms, 2))
	}
}
