//go:build !unix

package main

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"time"
)

var errNoCPUTime = errors.New("--load cpu: this system does not tell the processor time of processes; give a share, or auto")

func descriptorLimit() (uint64, error) { return math.MaxUint64, nil }

func inOwnGroup(*exec.Cmd) {}

// signalGroup ends the program itself; there are no process groups.
func signalGroup(leader *os.Process, _ bool) error { return leader.Kill() }

func ownCPUTime() (time.Duration, error) { return 0, errNoCPUTime }

func cpuTimeOf(int) (time.Duration, error) { return 0, errNoCPUTime }
