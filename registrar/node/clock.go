package node

import (
	"sync/atomic"
	"time"
)

// watch tells the time from the monotonic clock, and looks at the other one once a
// second: time.Now looks at both, which are system calls on some machines.
type watch struct{ base atomic.Pointer[time.Time] }

func (w *watch) now() time.Time {
	if base := w.base.Load(); base != nil {
		if since := time.Since(*base); since < time.Second {
			return base.Add(since)
		}
	}
	now := time.Now()
	w.base.Store(&now)
	return now
}

// clock is the time of a turn. at is the time if the caller has just looked, else 0.
func (n *Node) clock(at time.Time) time.Time {
	if at.IsZero() {
		at = n.watch.now()
	}
	if at.After(n.lap) { // else another turn came between
		n.lap = at
	}
	return n.lap
}
