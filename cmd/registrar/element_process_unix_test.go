//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
)

// Many elements say at once that they lack descriptors.
func TestDescriptorLimit(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 500
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	code, _, log := play(t, "element", "echo", "--pool", "P", "--count", "1000", "--registrar", "127.0.0.1:9")
	if code != exitFailure || !strings.Contains(log, "may have 500; raise the limit with ulimit -n ") {
		t.Errorf("code %d, log\n%s", code, log)
	}
}
