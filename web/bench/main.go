// Command bench measures the dashboard in headless Chromium and prints a table: how
// soon a page is there and live, its frames and memory while thousands of elements
// change, what goes over the wire, and what a client costs the server, which is a
// process of its own (this program again).
//
// Start with run.go, then witness.js, which measures inside the page.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	elements, clients []int
	updates           int
	window            time.Duration
	churn             time.Duration
	path              string
	seed              uint64
}

func main() {
	if err := execute(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func execute() error {
	var o options
	served := flag.Int("serve", 0, "be the server, of so many elements")
	elements := flag.String("elements", "10000,100000", "sizes of the handlespace")
	clients := flag.String("clients", "1,50", "numbers of clients, of which the first is a page")
	flag.IntVar(&o.updates, "updates", 5000, "updates a second")
	flag.DurationVar(&o.window, "for", 15*time.Second, "how long each figure is measured")
	flag.DurationVar(&o.churn, "churn", 0, "only this long: readers that lose their connection, and then have what the server has")
	flag.StringVar(&o.path, "page", "elements?sort=id", "the page that is opened")
	flag.Uint64Var(&o.seed, "seed", 1, "of -churn")
	flag.Parse()
	if *served > 0 {
		return serve(*served, o.updates)
	}
	var err error
	if o.elements, err = numbers(*elements); err != nil {
		return fmt.Errorf("-elements: %w", err)
	}
	if o.clients, err = numbers(*clients); err != nil {
		return fmt.Errorf("-clients: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if o.churn > 0 {
		return churn(ctx, o)
	}
	return run(ctx, o)
}

// numbers reads numbers above 0 with commas between them.
func numbers(list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number above 0", text)
		}
		all = append(all, n)
	}
	return all, nil
}
