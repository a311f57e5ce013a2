package rsplib

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// What make interop hands over in the environment.
var (
	// program is this project's program: one built here would take a minute on
	// User-Mode Linux.
	program = os.Getenv("INTEROP_PROGRAM")
	// results is the directory for captures and verdicts, where TestReport finds them.
	results = os.Getenv("INTEROP_RESULTS")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
