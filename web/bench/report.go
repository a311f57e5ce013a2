package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// columns are what the table has of each measurement.
var columns = []struct {
	head string
	cell func(f figures) string
}{
	{"elements", func(f figures) string { return fmt.Sprint(f.elements) }},
	{"clients", func(f figures) string { return fmt.Sprint(f.clients) }},
	{"first paint", func(f figures) string { return milliseconds(f.loaded.Paint) }},
	{"live", func(f figures) string { return milliseconds(f.loaded.Live) }},
	{"frames/s", func(f figures) string { return fmt.Sprintf("%.1f", f.frames.rate()) }},
	{"longest frame", func(f figures) string { return milliseconds(f.frames.worst()) }},
	{"of an empty page", func(f figures) string { return milliseconds(f.empty.worst()) }},
	{"longest task", func(f figures) string { return milliseconds(f.tasks.longest) }},
	{"page's share of a core", func(f figures) string { return percent(f.tasks.core) }},
	{"rows that changed", func(f figures) string { return fmt.Sprintf("%d of %d", f.changes.Changed, f.changes.Rows) }},
	{"paints/s", func(f figures) string { return fmt.Sprint(f.changes.Paints) }},
	{"page's memory", func(f figures) string { return megabytes(f.memory) }},
	{"snapshot", func(f figures) string { return megabytes(float64(f.snapshot)) }},
	{"a client's bytes/s", func(f figures) string { return fmt.Sprintf("%.0f KB", f.busy.sent/float64(f.clients)/1e3) }},
	{"a client's share of a core", func(f figures) string { return percent((f.busy.core - f.idle.core) / float64(f.clients)) }},
	{"server without clients", func(f figures) string { return percent(f.idle.core) }},
	{"memory for one that does not read", func(f figures) string { return megabytes(float64(f.stalled)) }},
}

// report writes the table in Markdown.
func report(w io.Writer, o options, all []figures) error {
	fmt.Fprintf(w, "%d updates/s, each figure over %v; %s, %d processors%s.\n\n", o.updates, o.window, runtime.Version(), runtime.NumCPU(), busy())
	lines := make([][]string, len(all)+1)
	for _, c := range columns {
		lines[0] = append(lines[0], c.head)
		for i, f := range all {
			lines[i+1] = append(lines[i+1], c.cell(f))
		}
	}
	for i, cells := range lines {
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat("---:|", len(cells)))
		}
	}
	return nil
}

func milliseconds(ms float64) string { return fmt.Sprintf("%.0f ms", ms) }
func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }
func percent(share float64) string   { return fmt.Sprintf("%.1f %%", share*100) }

// busy says what else the machine does, where it tells.
func busy() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := bytes.Cut(b, []byte(" "))
	return ", load " + string(load)
}
