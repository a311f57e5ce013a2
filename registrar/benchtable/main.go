// Command benchtable turns the output of `go test -bench -benchmem` into Markdown
// tables, beside RSPLIB's figures where there are any.
//
// It copies what it reads to its output as it comes, then prints the tables; with
// -readme FILE it also writes them into that file, between its marker lines. Of
// several runs of a benchmark it takes the median. Where the input says that a
// test failed, it prints what there is, writes no file and fails.
//
// It knows the names and units of the benchmarks of handlespace and asap, and
// nothing of what they measure. RSPLIB's figures are in rsplib.tsv.
//
// Start with results.go, then report.go and measure.go.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"rserpool/registrar/marked"
)

// section is the one of the README that holds the tables.
const section = "bench"

func main() {
	readme := flag.String("readme", "", "write the tables into `FILE` too, between its lines <!-- "+section+":begin --> and <!-- "+section+":end -->")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "benchtable: expected the output of go test -bench on standard input and no arguments, got %q\n", flag.Args())
		os.Exit(2)
	}
	if err := run(os.Stdin, os.Stdout, *readme); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

// run copies in to out, then prints the tables there; readme may be empty.
func run(in io.Reader, out io.Writer, readme string) error {
	if readme != "" { // before the benchmarks have taken their time
		if _, err := marked.Read(readme, section); err != nil {
			return err
		}
	}
	figures, err := parseFigures(rsplib)
	if err != nil {
		return err
	}
	r, err := readResults(io.TeeReader(in, out))
	if err != nil {
		return err
	}
	tables := report(r, figures)
	if _, err := io.WriteString(out, "\n"+tables); err != nil {
		return err
	}
	switch {
	case r.failed > 0:
		return fmt.Errorf("line %d says FAIL: what failed is missing above; mend it and run again", r.failed)
	case readme == "":
		return nil
	case tables == "":
		return fmt.Errorf("no tables for %s: expected results of BenchmarkHandlespace, Memory, GC, Latency or Codec", readme)
	}
	return marked.Write(readme, section, tables)
}
