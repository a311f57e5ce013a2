//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// options are the flags.
type options struct {
	program, dir, readme string
	seed                 uint64
	duration             time.Duration
	trials, side         int
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	flag.StringVar(&o.program, "program", "", "this project's `PROGRAM`")
	flag.StringVar(&o.dir, "dir", "bin/chaos-logs", "`DIRECTORY` for the logs, below which each run has its own")
	flag.Uint64Var(&o.seed, "seed", 0, "replays the faults of another run; 0 draws one")
	flag.DurationVar(&o.duration, "duration", 0, "how long faults, or the soak, last (default 10m, of a soak 1h)")
	flag.IntVar(&o.trials, "trials", 20, "how many registrars are killed by kill")
	flag.IntVar(&o.side, "side", 4, "how many trials run side by side")
	flag.StringVar(&o.readme, "readme", "", "write the table of a soak into `FILE`, between its markers")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: chaos [flags] faults|soak|kill")
		flag.PrintDefaults()
	}
	flag.Parse()
	if o.program == "" || flag.NArg() != 1 {
		flag.Usage()
		return errors.New("want -program and one of faults, soak, kill")
	}
	for o.seed == 0 {
		o.seed = uint64(rand.Uint32())
	}
	mode := flag.Arg(0)
	var err error
	if o.program, err = filepath.Abs(o.program); err != nil {
		return err
	}
	if o.dir, err = filepath.Abs(filepath.Join(o.dir, fmt.Sprintf("%s-%d", mode, o.seed))); err != nil {
		return err
	}
	if err := os.RemoveAll(o.dir); err != nil { // of the same seed
		return err
	}
	fmt.Printf("%s, seed %d, logs in %s\n", mode, o.seed, o.dir)
	switch mode {
	case "faults":
		return o.faults()
	case "soak":
		return o.soak()
	case "kill":
		return o.kill()
	}
	return fmt.Errorf("want faults, soak or kill, have %q", mode)
}

// verdict prints what is wrong, and is an error if something is.
func verdict(dir string, faults []string) error {
	if len(faults) == 0 {
		fmt.Println("all is well")
		return nil
	}
	for _, f := range faults {
		fmt.Println("WRONG:", f)
	}
	return fmt.Errorf("%d things are wrong; logs in %s", len(faults), dir)
}
