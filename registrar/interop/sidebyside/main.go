// Command sidebyside measures this project's registrar and RSPLIB's in one run on one
// machine, over the kernel's SCTP, and makes the tables of it:
//
//	uml sidebyside -program bin/registrar -out results.json
//	sidebyside -table results.json -readme README.md
//
// Each pass asks both for the same, one after the other, and a ping-pong that does
// nothing else: the ceiling. Results are compared within a pass alone, for machines
// change from minute to minute.
//
// It knows how to start the programs and what `registrar bench` prints. Start with
// measure.go, then table.go.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"rserpool/registrar/marked"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

func run() error {
	var p plan
	flag.StringVar(&p.program, "program", "", "this project's `PROGRAM`")
	flag.IntVar(&p.passes, "passes", 5, "how often everything is measured")
	flag.DurationVar(&p.duration, "duration", 3*time.Second, "how long each measurement takes")
	flag.IntVar(&p.joins, "joins", 3, "how many registrars of each kind join; 0 is none")
	flag.IntVar(&p.elements, "elements", 50_000, "elements that there are then")
	out := flag.String("out", "", "`FILE` for the results")
	table := flag.String("table", "", "make tables of this `FILE` instead of measuring")
	readme := flag.String("readme", "", "write the tables into `FILE`, between its markers")
	flag.Parse()
	if *table != "" {
		return makeTables(*table, *readme)
	}
	if p.program == "" || *out == "" {
		return errors.New("want -program and -out, or -table; make bench-rsplib does both")
	}
	r, failed := p.measure()
	data, err := json.MarshalIndent(r, "", " ") // also what there was before it failed
	if err != nil {
		return err
	}
	return errors.Join(failed, os.WriteFile(*out, data, 0o644))
}

func makeTables(from, readme string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var r results
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	text := tables(r)
	fmt.Print(text)
	if readme == "" {
		return nil
	}
	return marked.Write(readme, "side-by-side", text)
}
