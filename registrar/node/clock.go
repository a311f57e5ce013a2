package node

import (
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	// stalled is how late a deadline is that nobody could keep, because the process was
	// stopped or its machine paused. A busy node is not that late.
	stalled = time.Second
	// hearing is how long is read then before anybody is taken for silent: what came in
	// the meantime waits in the sockets.
	hearing = 500 * time.Millisecond
)

// standstill is a time in which nothing ran here.
type standstill struct {
	// resumed is when the deadlines count that were missed, 0 where none was; until
	// then the registrar's time is before.
	resumed, before time.Time
}

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

// clock is the time for the registrar. It stands right before a deadline that was
// missed while nothing ran here, until all have been heard: whoever has spoken in
// time must not be lost because this end did not listen.
//
// at is the time if the caller has just looked, else 0.
func (n *Node) clock(at time.Time) time.Time {
	now := at
	if now.IsZero() {
		now = n.watch.now()
	}
	if now.Before(n.lap) { // another turn came between
		now = n.lap
	}
	n.lap = now
	at, ok := n.core.Deadline()
	late := now.Sub(at)
	switch {
	case !ok || late < 0:
		n.standstill = standstill{}
	case n.resumed.IsZero() && late >= stalled:
		n.standstill = standstill{resumed: now.Add(hearing), before: at.Add(-1)}
		n.cfg.Log.Warn("node.stalled", slog.Duration("late", late), slog.Duration("hearing", hearing))
	}
	if now.Before(n.resumed) {
		return n.before
	}
	return now
}
