package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// results is what the benchmarks printed.
type results struct {
	// goos, goarch and cpu are as in the header, procs is GOMAXPROCS.
	goos, goarch, cpu, procs string
	// names are those of the benchmarks, in the order of their first results.
	names []string
	// samples are a benchmark's values, one of each run, by unit.
	samples map[string]map[string][]float64
	// failed is the number of the first line that says that a test failed, or 0.
	failed int
}

// readResults reads the output of go test -bench to its end.
func readResults(in io.Reader) (*results, error) {
	r := &results{samples: make(map[string]map[string][]float64)}
	lines := bufio.NewScanner(in)
	n := 1
	for ; lines.Scan(); n++ {
		line := lines.Text()
		if r.failed == 0 && (line == "FAIL" || strings.HasPrefix(line, "FAIL\t")) {
			r.failed = n
		}
		if err := r.add(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, fmt.Errorf("line %d: %w", n, err)
	case len(r.names) == 0 && r.failed == 0:
		return nil, errors.New("no benchmark results: expected the output of go test -bench with a pattern that matches some")
	}
	return r, nil
}

// add takes in a line of the header or of a result, and no other.
func (r *results) add(line string) error {
	for prefix, field := range map[string]*string{"goos: ": &r.goos, "goarch: ": &r.goarch, "cpu: ": &r.cpu} {
		if value, ok := strings.CutPrefix(line, prefix); ok {
			return same(field, strings.TrimSpace(prefix), value)
		}
	}
	f := strings.Fields(line)
	if len(f) < 2 {
		return nil
	}
	name, ok := strings.CutPrefix(f[0], "Benchmark")
	if !ok || name == "" {
		return nil
	}
	if !isNumber(f[1]) {
		return nil // what a benchmark printed
	}
	name, procs := splitProcs(name)
	if err := same(&r.procs, "GOMAXPROCS", procs); err != nil {
		return err
	}
	return r.addValues(name, f[2:])
}

// addValues takes in one run: pairs of a value and its unit.
func (r *results) addValues(name string, pairs []string) error {
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return fmt.Errorf("benchmark %s: expected pairs of value and unit, got %q", name, pairs)
	}
	if r.samples[name] == nil {
		r.samples[name] = make(map[string][]float64)
		r.names = append(r.names, name)
	}
	for pair := range slices.Chunk(pairs, 2) {
		unit := pair[1]
		v, err := strconv.ParseFloat(pair[0], 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || v < 0 || v == 0 && unit == "ns/op" {
			return fmt.Errorf("benchmark %s: expected a number of %s, got %q", name, unit, pair[0])
		}
		r.samples[name][unit] = append(r.samples[name][unit], v)
	}
	return nil
}

// same sets field, which may have been set to this value before.
func same(field *string, what, value string) error {
	if *field != "" && *field != value {
		return fmt.Errorf("%s is %q, but was %q before: expected results of one machine and one -cpu", what, value, *field)
	}
	*field = value
	return nil
}

// splitProcs takes GOMAXPROCS from the end of a name, where 1 is left out.
func splitProcs(name string) (bare, procs string) {
	if i := strings.LastIndexByte(name, '-'); i >= 0 && isNumber(name[i+1:]) {
		return name[:i], name[i+1:]
	}
	return name, "1"
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// part lists the values that part i of the names under prefix takes, in the order
// of the output: of Codec/encode/Registration, part 1 is encode.
func (r *results) part(prefix string, i int) []string {
	var values []string
	for _, name := range r.names {
		parts := strings.Split(name, "/")
		if strings.HasPrefix(name, prefix+"/") && len(parts) > i && !slices.Contains(values, parts[i]) {
			values = append(values, parts[i])
		}
	}
	return values
}

// median is a benchmark's over its runs; false where it has no such unit.
func (r *results) median(name, unit string) (float64, bool) {
	values := r.samples[name][unit]
	return median(values), len(values) > 0
}

// runs is how often each benchmark ran at least.
func (r *results) runs() int {
	least := math.MaxInt
	for _, units := range r.samples {
		for _, values := range units {
			least = min(least, len(values))
		}
	}
	return least
}

// median is the value in the middle, or the mean of the two there; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
