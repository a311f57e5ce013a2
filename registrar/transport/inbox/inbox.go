// Package inbox is the queue of received messages of one association. It
// knows how many bytes may wait, and that what arrived before the end is still
// readable after it; who taps it gets messages without a queue (tap.go). It refuses to know why an association ended.
package inbox

import (
	"context"
	"errors"
	"sync"

	"rserpool/registrar/transport"
)

// ErrEnded says that the queue is empty and will stay so.
var ErrEnded = errors.New("inbox: ended")

// overhead is what a queued message costs besides its data, so that the limit
// holds for messages of one byte too.
const overhead = 64

// Inbox is a queue of messages, bounded in bytes. Use New.
// All methods may be called concurrently.
type Inbox struct {
	limit int

	mu       sync.Mutex
	messages []transport.Message
	// few holds the messages of a reader that keeps up.
	few      [4]transport.Message
	bytes    int
	flushing bool
	ended    bool
	tap      transport.Tap // where messages go instead; nil without
	// changed is closed and replaced when a waiting Put or Get should look again;
	// nil while nobody waits, so that an uncontended queue allocates nothing.
	changed chan struct{}

	// order is held while the tap is called.
	order sync.Mutex
}

// New returns an inbox that makes Put wait while limit bytes or more are
// queued, counting 64 for each message besides its data. One message may exceed the limit, so any size passes.
func New(limit int) *Inbox {
	return &Inbox{limit: limit}
}

// Put queues m. It waits for room until ctx ends; after Flush it never waits.
// After End it returns ErrEnded.
func (q *Inbox) Put(ctx context.Context, m transport.Message) error {
	for {
		changed, err := q.try(m)
		if changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TryPut queues m if that needs no waiting, and reports whether it did.
func (q *Inbox) TryPut(m transport.Message) bool {
	changed, err := q.try(m)
	return changed == nil && err == nil
}

// try queues m, or returns what to wait for before another try.
func (q *Inbox) try(m transport.Message) (<-chan struct{}, error) {
	q.mu.Lock()
	if q.tap != nil && !q.ended {
		q.mu.Unlock()
		q.giveOne(m)
		return nil, nil
	}
	defer q.mu.Unlock()
	switch {
	case q.ended:
		return nil, ErrEnded
	case !q.flushing && q.bytes >= q.limit:
		return q.wait(), nil
	}
	q.add(m)
	return nil, nil
}

// TryPutAll is TryPut for several, and gives how many were queued: none behind one
// that has no room.
func (q *Inbox) TryPutAll(all []transport.Message) (put int) {
	q.mu.Lock()
	if q.tap != nil && !q.ended {
		q.mu.Unlock()
		q.give(all)
		return len(all)
	}
	defer q.mu.Unlock()
	for put < len(all) && !q.ended && (q.flushing || q.bytes < q.limit) {
		q.add(all[put])
		put++
	}
	return put
}

// add is called with mu held.
func (q *Inbox) add(m transport.Message) {
	q.messages = append(q.messages, m)
	q.bytes += overhead + len(m.Data)
	q.wake()
}

// Held returns how many bytes of data are queued, and what they cost in all.
func (q *Inbox) Held() (data, cost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes - overhead*len(q.messages), q.bytes
}

// Get returns the oldest message. It waits for one until ctx ends, and returns
// ErrEnded once End was called and the queue is empty.
func (q *Inbox) Get(ctx context.Context) (transport.Message, error) {
	for {
		q.mu.Lock()
		if len(q.messages) > 0 {
			m := q.messages[0]
			q.messages[0] = transport.Message{} // let go of the data
			q.messages = q.messages[1:]
			q.bytes -= overhead + len(m.Data)
			q.wake()
			q.mu.Unlock()
			return m, nil
		}
		q.messages = q.few[:0]
		if q.ended {
			q.mu.Unlock()
			return transport.Message{}, ErrEnded
		}
		changed := q.wait()
		q.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return transport.Message{}, ctx.Err()
		}
	}
}

// Flush lifts the limit: whoever moves the last messages of an association
// that has ended here must not wait for a reader that may never come. The
// caller bounds how much that can be.
func (q *Inbox) Flush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flushing = true
	q.wake()
}

// End says that no message will follow. It may be called more than once.
func (q *Inbox) End() {
	q.mu.Lock()
	first := !q.ended
	q.ended = true
	q.wake()
	tapped := q.tap != nil
	q.mu.Unlock()
	if !first || !tapped {
		return
	}
	q.order.Lock()
	defer q.order.Unlock()
	q.mu.Lock()
	t := q.tap
	q.mu.Unlock()
	if t != nil {
		t.End()
	}
}

// wait is called with mu held.
func (q *Inbox) wait() <-chan struct{} {
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	return q.changed
}

// wake is called with mu held.
func (q *Inbox) wake() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}
