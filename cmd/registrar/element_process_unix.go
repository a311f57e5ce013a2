//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// descriptorLimit is how many files this process may have open, which Go has
// raised to the hard limit.
func descriptorLimit() (uint64, error) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err //nolint:unconvert // signed on some systems
}

// inOwnGroup makes cmd the leader of a process group: a terminal's interrupt does
// not reach it, and signalGroup reaches all it has started.
func inOwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals the process group of a leader that has not been waited for.
func signalGroup(leader *os.Process, kill bool) error {
	if kill {
		return syscall.Kill(-leader.Pid, syscall.SIGKILL)
	}
	return syscall.Kill(-leader.Pid, syscall.SIGTERM)
}

// ownCPUTime is the processor time that this process has used.
func ownCPUTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// userHZ is the unit of times in /proc, whatever the kernel's own is.
const userHZ = 100

// cpuTimeOf is the processor time that another process, and its children that
// have ended, have used. It needs Linux.
func cpuTimeOf(pid int) (time.Duration, error) {
	name := "/proc/" + strconv.Itoa(pid) + "/stat"
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, fmt.Errorf("cannot measure the program's load: %w", err)
	}
	// The command, in parentheses, may hold anything; utime, stime, cutime and
	// cstime are the 14th to 17th of all fields.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return 0, fmt.Errorf("%s: want at least 17 fields, have %q", name, text)
	}
	var ticks int64
	for _, f := range fields[11:15] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / userHZ, nil
}
