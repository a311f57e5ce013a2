package endpoint

import (
	"time"

	"github.com/tidwall/btree"
)

// timer is one timer; at is zero while it is stopped.
type timer struct {
	at   time.Time
	seq  uint64
	fire func()
}

func (t *timer) running() bool { return !t.at.IsZero() }

// timers holds the running timers in the order in which they fire; those for
// the same moment fire in the order in which they were started.
type timers struct {
	running *btree.BTreeG[*timer]
	seq     uint64
}

func newTimers() timers {
	earlier := func(a, b *timer) bool {
		if !a.at.Equal(b.at) {
			return a.at.Before(b.at)
		}
		return a.seq < b.seq
	}
	return timers{running: btree.NewBTreeGOptions(earlier, btree.Options{NoLocks: true})}
}

func (ts *timers) start(t *timer, at time.Time) {
	ts.stop(t)
	ts.seq++
	t.at, t.seq = at, ts.seq
	ts.running.Set(t)
}

func (ts *timers) stop(list ...*timer) {
	for _, t := range list {
		if t.running() {
			ts.running.Delete(t)
			t.at = time.Time{}
		}
	}
}

// fire runs every timer that is due.
func (ts *timers) fire(now time.Time) {
	for {
		t, ok := ts.running.Min()
		if !ok || t.at.After(now) {
			return
		}
		ts.stop(t)
		t.fire()
	}
}
