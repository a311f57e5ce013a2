//go:build !linux || 386

package kernel

import (
	"fmt"
	"runtime"
	"syscall"
)

func probe() error {
	return fmt.Errorf("not built for %s/%s: %w", runtime.GOOS, runtime.GOARCH, syscall.EPROTONOSUPPORT)
}
