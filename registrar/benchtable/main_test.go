package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/tables.md anew")

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// testdata/output.txt is what two runs of some benchmarks printed.
func TestTables(t *testing.T) {
	in := read(t, "testdata/output.txt")
	var out bytes.Buffer
	if err := run(strings.NewReader(in), &out, ""); err != nil {
		t.Fatal(err)
	}
	tables, ok := strings.CutPrefix(out.String(), in+"\n")
	if !ok {
		t.Fatal("the output does not begin with a copy of the input")
	}
	tables = strings.Replace(tables, runtime.Version(), "GOVERSION", 1)
	if *update {
		if err := os.WriteFile("testdata/tables.md", []byte(tables), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, "testdata/tables.md"), tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

// What ran before or beside a failure is printed.
func TestFailedRun(t *testing.T) {
	const result = "BenchmarkGC 1 5 ns/op 2.57 cpu-ms/gc\n"
	for _, tt := range []struct {
		name, in, err string
		tables        bool
	}{
		{"benchmark", result + "--- FAIL: BenchmarkB\nFAIL\nexit status 1\n" + result, "line 3 says FAIL", true},
		{"build", "FAIL\trserpool/x [build failed]\n" + result + "FAIL\n", "line 1 says FAIL", true},
		{"all", "FAIL\n", "line 1 says FAIL", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := run(strings.NewReader(tt.in), &out, ""); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one with %q", err, tt.err)
			}
			if got := strings.Contains(out.String(), "A garbage collection"); got != tt.tables {
				t.Errorf("tables: %v, want %v, in\n%s", got, tt.tables, &out)
			}
		})
	}
}

func TestReadme(t *testing.T) {
	const (
		in    = "cpu: C\ngoos: linux\ngoarch: amd64\nBenchmarkGC 1 5 ns/op 2.57 cpu-ms/gc\n"
		begin = "<!-- bench:begin -->\n"
		end   = "<!-- bench:end -->\n"
	)
	tables := "C, GOMAXPROCS 1, linux/amd64, " + runtime.Version() + ".\n\n" + comparison +
		"\nA garbage collection beside a million elements takes 2.6 ms of CPU time.\n"
	filled := "# A\n" + begin + "\n" + tables + "\n" + end + "B\n"
	for _, tt := range []struct{ name, readme, in, want, err string }{
		{"empty", "# A\n" + begin + end + "B\n", in, filled, ""},
		{"old tables", "# A\n" + begin + "old\n" + end + "B\n", in, filled, ""},
		{"the same again", filled, in, filled, ""},
		{"no markers", "# A\n", in, "", `expected one line "<!-- bench:begin -->"`},
		{"failed run", begin + end, in + "FAIL\n", "", "says FAIL"},
		{"other benchmarks", begin + end, "BenchmarkTree 1 5 ns/op\n", "", "expected results of BenchmarkHandlespace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "README.md")
			if err := os.WriteFile(file, []byte(tt.readme), 0o600); err != nil {
				t.Fatal(err)
			}
			err := run(strings.NewReader(tt.in), &bytes.Buffer{}, file)
			want := tt.want
			if tt.err != "" {
				want = tt.readme // left alone
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one with %q", err, tt.err)
				}
			} else if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, read(t, file)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
	if err := run(strings.NewReader(in), &bytes.Buffer{}, filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("without the file: %v, want that it does not exist", err)
	}
}

// What cannot be written is found before the benchmarks have run.
func TestReadmeIsLookedAtFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := strings.NewReader("BenchmarkGC 1 5 ns/op\n")
	if err := run(in, &bytes.Buffer{}, file); err == nil || in.Len() != int(in.Size()) {
		t.Errorf("error %v after %d bytes of input, want one before the first", err, int(in.Size())-in.Len())
	}
}
