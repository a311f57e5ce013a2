// Command registrar runs an RSerPool registrar, and is the toolbox around it.
//
// It is the only place of the project that reads environment variables, files
// and signals. Open root.go first: it lists the commands, one file each.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(process(os.Args[1:])) }

// process runs args as this process: the first SIGINT or SIGTERM asks for an end in
// good order.
func process(args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals // whoever asks twice does not want to wait
		os.Exit(exitInterrupted)
	}()
	return run(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}
