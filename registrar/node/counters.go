package node

import (
	"time"

	"rserpool/registrar/feed"
)

// deadline is when the next turn is due though nothing comes in: the registrar's,
// or the next second where there is something new to count in it.
func (n *Node) deadline() (at time.Time, ok bool) {
	at, ok = n.core.Deadline()
	if n.counted == n.uncounted() {
		return at, ok
	}
	if tell := n.counted.At.Time().Truncate(time.Second).Add(time.Second); !ok || tell.Before(at) {
		return tell, true
	}
	return at, ok
}

// uncounted are the counters with the time of those that were published last.
func (n *Node) uncounted() feed.Counters {
	c := n.core.Counters()
	c.At = n.counted.At
	return c
}

// publishCounters puts the counters into the feed, once in a second in which they
// have changed.
func (n *Node) publishCounters(now time.Time) {
	if c := n.uncounted(); n.counted.At == 0 || c != n.counted && now.Unix() != n.counted.At.Time().Unix() {
		c.At = feed.At(now)
		n.counted = c
		n.changes = append(n.changes, c)
	}
}
