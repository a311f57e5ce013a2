package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// queue holds the inputs that wait for a turn.
type queue struct {
	mu      sync.Mutex
	waiting batch
	spare   batch // the memory of one that was taken
	// hurried: some of those that wait are urgent.
	hurried atomic.Bool
}

// batch are inputs: handle resolutions, and what came behind them over the same
// association, come later than all else.
type batch struct{ urgent, later []input }

func (b batch) len() int { return len(b.urgent) + len(b.later) }

// add queues inputs and gives how many wait now.
func (q *queue) add(in ...input) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, in := range in {
		l, patient := origin(in)
		if !patient && (l == nil || l.behind.Load() == 0) {
			q.waiting.urgent = append(q.waiting.urgent, in)
			continue
		}
		if l != nil {
			l.behind.Add(1)
		}
		q.waiting.later = append(q.waiting.later, in)
	}
	if len(q.waiting.urgent) > 0 && !q.hurried.Load() {
		q.hurried.Store(true)
	}
	return q.waiting.len()
}

// origin is the association that in came over, if any, and whether in can wait: a
// resolution can, and the end, for what was asked before it.
func origin(in input) (l *link, patient bool) {
	switch in := in.(type) {
	case received:
		return in.link, in.resolves
	case closed:
		return in.link, false
	case slow:
		return in.link, false
	case stop:
		return nil, true
	default:
		return nil, false
	}
}

// take gives all that waits; done gives the memory back.
func (q *queue) take() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.waiting
	q.waiting, q.spare = q.spare, batch{}
	q.calm()
	return b
}

// hurry gives what is urgent among what waits.
func (q *queue) hurry() []input {
	q.mu.Lock()
	defer q.mu.Unlock()
	urgent := q.waiting.urgent
	q.waiting.urgent = nil
	q.calm()
	return urgent
}

// calm is called with mu held, when nothing that waits is urgent.
func (q *queue) calm() {
	if q.hurried.Load() {
		q.hurried.Store(false)
	}
}

func (q *queue) done(b batch) {
	clear(b.urgent)
	clear(b.later)
	q.mu.Lock()
	defer q.mu.Unlock()
	if cap(b.urgent)+cap(b.later) <= 4*inboxLimit {
		q.spare = batch{b.urgent[:0], b.later[:0]}
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.len()
}

// put hands inputs in, and takes the node's turns until none waits, unless somebody
// does that already. Where too many wait, it waits for its turn. It is for those who
// read messages; those who have anything else to do post.
//
// at is the time that it is, 0 where the caller has not looked.
func (n *Node) put(at time.Time, in ...input) {
	if n.life.Err() != nil {
		return
	}
	if n.queue.add(in...) > inboxLimit {
		n.hits.count[limitWaiting].Add(1)
		n.busy.Lock()
		n.turn(at)
		n.busy.Unlock()
	}
	n.help(at)
}

// help takes turns while inputs wait and nobody else does. After some it leaves them
// to the node's own goroutine: whoever reads messages has others to read.
func (n *Node) help(at time.Time) {
	for range helping {
		if n.queue.len() == 0 || !n.busy.TryLock() {
			return // who is busy looks again
		}
		n.turn(at)
		n.busy.Unlock()
		at = time.Time{}
	}
	n.rouse()
}

// rouse wakes the node's own goroutine for what waits.
func (n *Node) rouse() {
	select {
	case n.awake <- struct{}{}:
	default:
	}
}

// post hands in over to the node's goroutine. The error is ErrStopped or that of ctx.
func (n *Node) post(ctx context.Context, in input) error {
	select {
	case <-n.done:
		return ErrStopped
	default:
	}
	select {
	case n.posts <- in:
		return nil
	case <-n.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}
