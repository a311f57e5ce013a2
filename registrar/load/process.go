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

// Used is Usage, nil where that is not known, as that of no process.
func (p *Process) Used() *Usage {
	if p == nil {
		return nil
	}
	u, err := p.Usage()
	if err != nil {
		return nil
	}
	return &u
}

// Since is the CPU time since before and the memory now, nil where one is not known.
func (p *Process) Since(before *Usage) *Usage {
	now := p.Used()
	if before == nil || now == nil {
		return nil
	}
	return &Usage{CPU: now.CPU - before.CPU, Memory: now.Memory}
}
