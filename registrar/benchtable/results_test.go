package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadResults(t *testing.T) {
	r, err := readResults(strings.NewReader(`goos: linux
cpu: Some CPU @ 2.00GHz
BenchmarkA/x/1-2 	  10	 30 ns/op	 1.5 p50-ns	 0 B/op
BenchmarkA/x/1-2 	  10	 10 ns/op	 2.5 p50-ns	 0 B/op
BenchmarkNamesOnly-2
Benchmark says 5
BenchmarkA/y/20-2	  10	 7 ns/op
BenchmarkA/x/1-2 	  10	 20 ns/op	 9 p50-ns	 0 B/op
PASS
`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A/x/1", "A/y/20"}, r.names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"x", "y"}, r.part("A", 1)); diff != "" {
		t.Errorf("part 1 (-want +got):\n%s", diff)
	}
	for unit, want := range map[string]float64{"ns/op": 20, "p50-ns": 2.5, "B/op": 0} {
		if got, ok := r.median("A/x/1", unit); got != want || !ok {
			t.Errorf("median %s is %v, %v, want %v", unit, got, ok, want)
		}
	}
	if _, ok := r.median("A/y/20", "p50-ns"); ok {
		t.Error("A/y/20 has p50-ns, want none")
	}
	if r.cpu != "Some CPU @ 2.00GHz" || r.goos != "linux" || r.procs != "2" || r.runs() != 1 {
		t.Errorf("read %q %q GOMAXPROCS %s, %d runs", r.cpu, r.goos, r.procs, r.runs())
	}
}

func TestReadResultsRejects(t *testing.T) {
	const good = "BenchmarkA/x-2 10 30 ns/op\n"
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", "no benchmark results: expected"},
		{"no results", "PASS\nok  \tpkg\t0.1s\n", "no benchmark results: expected"},
		{"no value", "BenchmarkA/x-2 10\n", "line 1: benchmark A/x: expected pairs"},
		{"no unit", good + "BenchmarkA/x-2 10 30\n", "line 2: benchmark A/x: expected pairs"},
		{"not a number", "BenchmarkA/x-2 10 fast ns/op\n", `expected a number of ns/op, got "fast"`},
		{"not finite", "BenchmarkA/x-2 10 NaN ns/op\n", `got "NaN"`},
		{"no time", "BenchmarkA/x-2 10 0 ns/op\n", `got "0"`},
		{"negative", "BenchmarkA/x-2 10 -1 B/op\n", `got "-1"`},
		{"two GOMAXPROCS", good + "BenchmarkA/x 10 30 ns/op\n", `GOMAXPROCS is "1", but was "2"`},
		{"two machines", "cpu: A\ncpu: B\n" + good, `cpu: is "B", but was "A"`},
		{"endless line", good + strings.Repeat("x", 1<<20), "line 2: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readResults(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
