package load

import "time"

// Process is one of this machine.
type Process struct{ PID int }

// Usage is what a process has used.
type Usage struct {
	// CPU time of all its threads, in user and in system mode.
	CPU time.Duration
	// Memory is its resident set in bytes.
	Memory int64
}
