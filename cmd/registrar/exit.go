package main

import (
	"context"
	"errors"
)

// The exit codes scripts rely on.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitUnreachable = 3 // no registrar reached
	exitNotFound    = 4
	exitRefused     = 5 // the R flag, or HTTP 403, 409, 423
	exitTimeout     = 6
	exitInterrupted = 130 // 128 + SIGINT, as a shell reports it
)

// exitError is an error that decides the exit code.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// fail gives err an exit code. A nil err stays nil.
func fail(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// exitCode is the code of err: its own if it has one, else by what happened.
func exitCode(err error) int {
	var own *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &own):
		return own.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	default:
		return exitFailure
	}
}
