package kernel

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

// Whoever chooses a transport tells a kernel without SCTP from any other failure.
func TestAvailable(t *testing.T) {
	err := Available()
	if err == nil {
		return
	}
	if !strings.Contains(err.Error(), "modprobe sctp, or --transport udp") {
		t.Errorf("%q does not say what to do", err)
	}
	for _, known := range []error{syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT, syscall.EAFNOSUPPORT, syscall.EPERM, syscall.EACCES} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("%v wraps no error of the system", err)
}
