package node

import (
	"context"
	"sync"
	"time"
)

// queue holds the inputs that wait for a turn.
type queue struct {
	mu     sync.Mutex
	inputs []input
	spare  []input // the memory of a batch that was taken
}

// add queues inputs and gives how many wait now.
func (q *queue) add(in ...input) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inputs = append(q.inputs, in...)
	return len(q.inputs)
}

// take gives all that waits; done gives the memory back.
func (q *queue) take() []input {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.inputs
	q.inputs, q.spare = q.spare, nil
	return batch
}

func (q *queue) done(batch []input) {
	clear(batch)
	q.mu.Lock()
	defer q.mu.Unlock()
	if cap(batch) <= 4*inboxLimit {
		q.spare = batch[:0]
	}
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.inputs)
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
