package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of CPU time in /proc/PID/stat: USER_HZ is 100 on every
// architecture that Go knows.
const tick = 10 * time.Millisecond

// Usage is what the process has used so far.
func (p Process) Usage() (Usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
	if err != nil {
		return Usage{}, fmt.Errorf("process %d: %w", p.PID, err)
	}
	// The name in parentheses may hold anything; fields count from behind it, the
	// state being the third of proc(5).
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 22 {
		return Usage{}, fmt.Errorf("process %d: cannot read /proc/%d/stat: %d fields", p.PID, p.PID, len(fields))
	}
	var n [3]int64
	for i, at := range []int{14, 15, 24} { // utime, stime, rss
		if n[i], err = strconv.ParseInt(string(fields[at-3]), 10, 64); err != nil {
			return Usage{}, fmt.Errorf("process %d: field %d of /proc/%d/stat: %w", p.PID, at, p.PID, err)
		}
	}
	return Usage{CPU: time.Duration(n[0]+n[1]) * tick, Memory: n[2] * int64(os.Getpagesize())}, nil
}
