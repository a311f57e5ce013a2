package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// rows are what the table says of each measurement.
var rows = []struct {
	name string
	cell func(f figures) string
}{
	{"first paint", func(f figures) string { return milliseconds(f.loaded.Paint) }},
	{"live", func(f figures) string { return milliseconds(f.loaded.Live) }},
	{"frames a second, median", func(f figures) string { return fmt.Sprintf("%.1f", f.frames.rate()) }},
	{"longest frame", func(f figures) string { return milliseconds(f.frames.worst()) }},
	{"longest frame of an empty page, before", func(f figures) string { return milliseconds(f.empty.worst()) }},
	{"longest task of the page, processor time", func(f figures) string { return milliseconds(f.tasks.longest) }},
	{"the page's share of a core", func(f figures) string { return percent(f.tasks.core) }},
	{"rows in sight that changed within a second", func(f figures) string { return fmt.Sprintf("%d of %d", f.changes.Changed, f.changes.Rows) }},
	{"paints a second", func(f figures) string { return fmt.Sprint(f.changes.Paints) }},
	{"the page's WebAssembly memory", func(f figures) string { return megabytes(f.memory) }},
	{"snapshot", func(f figures) string { return megabytes(float64(f.snapshot)) }},
	{"bytes a second for each client", func(f figures) string { return fmt.Sprintf("%.0f KB", f.busy.sent/float64(f.clients)/1e3) }},
	{"the server's share of a core for each client", func(f figures) string { return percent((f.busy.core - f.idle.core) / float64(f.clients)) }},
	{"the server's share of a core without clients", func(f figures) string { return percent(f.idle.core) }},
	{"the server's memory for a client that does not read", func(f figures) string { return megabytes(float64(f.stalled)) }},
}

// report writes the table in Markdown; load is what the machine did before.
func report(w io.Writer, o options, load string, all []figures) {
	fmt.Fprintf(w, "%d updates/s, each figure over %v; %s, %d processors, %s.\n\n", o.updates, o.window, runtime.Version(), runtime.NumCPU(), load)
	line := func(name string, cell func(f figures) string) {
		cells := []string{name}
		for _, f := range all {
			cells = append(cells, cell(f))
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	line("elements", func(f figures) string { return fmt.Sprint(f.elements) })
	fmt.Fprintf(w, "|---|%s\n", strings.Repeat("---:|", len(all)))
	line("clients, a page and readers", func(f figures) string { return fmt.Sprint(f.clients) })
	for _, r := range rows {
		line(r.name, r.cell)
	}
}

func milliseconds(ms float64) string { return fmt.Sprintf("%.0f ms", ms) }
func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }
func percent(share float64) string   { return fmt.Sprintf("%.1f %%", share*100) }

// loadNow says what the machine does, where it tells.
func loadNow() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "its load unknown"
	}
	load, _, _ := bytes.Cut(b, []byte(" "))
	return "load " + string(load) + " before"
}
