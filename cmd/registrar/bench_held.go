package main

import (
	"context"
	"errors"
	"time"

	"rserpool/registrar/load"
)

// whileHeld registers elements and keeps them, and calls f meanwhile.
func (o *benchOptions) whileHeld(ctx context.Context, f func() error) error {
	held := o.Options
	held.Work, held.Duration = load.Hold, 24*time.Hour // until f returns
	holding := make(chan struct{})
	held.Progress = func(phase string) {
		o.Progress(phase)
		if phase == string(load.Hold) {
			close(holding)
		}
	}
	ended := make(chan error, 1)
	ctx, release := context.WithCancel(ctx)
	defer release()
	go func() {
		_, err := load.Run(ctx, held)
		ended <- err
	}()
	select {
	case <-holding:
	case err := <-ended:
		return benchError(err)
	}
	failed := f()
	release()
	if err := <-ended; failed == nil && !errors.Is(err, context.Canceled) {
		failed = err
	}
	return failed
}
