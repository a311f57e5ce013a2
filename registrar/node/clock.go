package node

import (
	"log/slog"
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

// clock is the time for the registrar. It stands right before a deadline that was
// missed while nothing ran here, until all have been heard: whoever has spoken in
// time must not be lost because this end did not listen.
func (n *Node) clock() time.Time {
	now := time.Now()
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
