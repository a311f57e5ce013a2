package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// report writes the table in Markdown.
func report(w io.Writer, o options, all []figures) error {
	fmt.Fprintf(w, "%d updates/s, each figure over %v; %s, %d processors%s.\n\n", o.updates, o.window, runtime.Version(), runtime.NumCPU(), busy())
	head := []string{"elements", "clients", "first paint", "live", "frames/s", "worst frame", "rows changed", "page memory", "snapshot", "bytes/s a client", "server a client", "server alone"}
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---:|", len(head)))
	for _, f := range all {
		each := (f.busy.core - f.idle.core) / float64(f.clients)
		cells := []string{
			fmt.Sprint(f.elements), fmt.Sprint(f.clients),
			fmt.Sprintf("%.0f ms", f.loaded.Paint), fmt.Sprintf("%.0f ms", f.loaded.Live),
			fmt.Sprintf("%.1f", f.frames.rate()), fmt.Sprintf("%.0f ms", f.frames.worst()),
			fmt.Sprintf("%d of %d, %d/s", f.changes.Changed, f.changes.Rows, f.changes.Paints),
			megabytes(f.memory), megabytes(float64(f.snapshot)), fmt.Sprintf("%.0f KB", f.busy.sent/float64(f.clients)/1e3),
			fmt.Sprintf("%.1f %%", each*100), fmt.Sprintf("%.1f %%", f.idle.core*100),
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	return nil
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }

// busy says what else the machine does, where it tells.
func busy() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := bytes.Cut(b, []byte(" "))
	return ", load " + string(load)
}
