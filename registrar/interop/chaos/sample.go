package main

import (
	"strconv"
	"strings"
)

// metrics are values by their name with labels, as the text format of Prometheus has
// them.
type metrics map[string]float64

func parseMetrics(text string) metrics {
	all := make(metrics)
	for line := range strings.Lines(text) {
		name, value, ok := cutLast(strings.TrimSpace(line))
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(line, "#") {
			all[name] = v
		}
	}
	return all
}

func cutLast(line string) (before, after string, ok bool) {
	at := strings.LastIndexByte(line, ' ')
	if at < 0 {
		return line, "", false
	}
	return line[:at], line[at+1:], true
}

// sum adds up a metric over its labels.
func (m metrics) sum(name string) (total float64) {
	for key, v := range m {
		if key == name || strings.HasPrefix(key, name+"{") {
			total += v
		}
	}
	return total
}

// usage is what a registrar says that it uses.
func (m metrics) usage() usage {
	return usage{
		Goroutines:   int(m.sum("go_goroutines")),
		Descriptors:  int(m.sum("process_open_fds")),
		Associations: int(m.sum("rserpool_associations")),
		Live:         int64(m.sum("go_memstats_heap_alloc_bytes")),
		Resident:     int64(m.sum("process_resident_memory_bytes")),
	}
}
