//go:build !linux

package main

import (
	"context"
	"errors"
)

type machine struct{ memory string }

func run(context.Context, machine, bool, []string) (int, error) {
	return 0, errors.New("User-Mode Linux runs on Linux only")
}

func guest() {}
