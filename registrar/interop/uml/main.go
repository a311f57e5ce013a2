package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if os.Getpid() == 1 {
		guest()
	}
	memory := flag.String("mem", "768M", "memory of the machine")
	timeout := flag.Duration("timeout", 10*time.Minute, "how long the program may run")
	check := flag.Bool("check", false, "only say what is missing, and fail if something is")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: uml [-mem SIZE] [-timeout DURATION] PROGRAM [ARGUMENT...]\n       uml -check")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 && !*check {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	status, err := run(ctx, machine{memory: *memory}, *check, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "uml:", err)
		status = 1
	}
	os.Exit(status)
}
