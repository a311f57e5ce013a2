package interop

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"rserpool/registrar/transport/kernel"
)

// needKernel skips the test where the kernel has no SCTP.
func needKernel(t *testing.T) {
	t.Helper()
	if err := kernel.Available(); err != nil {
		t.Skipf("make interop runs this: %v", err)
	}
}

// command runs a program of the system, such as ip or sysctl.
func command(t *testing.T, line ...string) string {
	t.Helper()
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), line[0], line[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(line, " "), err, out)
	}
	return string(out)
}

// TestMachine: what the other tests take for granted.
func TestMachine(t *testing.T) {
	needKernel(t)
	if lo := command(t, "ip", "-brief", "address", "show", "lo"); !strings.Contains(lo, "127.0.0.1/8") {
		t.Errorf("the loopback interface has no address: %s", lo)
	}
}
