//go:build !linux

package load

import (
	"errors"
	"fmt"
)

// Usage is what the process has used so far, which is known on Linux alone.
func (p Process) Usage() (Usage, error) {
	return Usage{}, fmt.Errorf("process %d: %w: what a process uses is read from Linux's /proc", p.PID, errors.ErrUnsupported)
}
