//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package announce

import "syscall"

var shareOptions = []int{syscall.SO_REUSEADDR, syscall.SO_REUSEPORT}
