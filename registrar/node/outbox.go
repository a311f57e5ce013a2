package node

import "sync"

// outbox is the queue of messages that wait for one association. It takes a
// message of any size when it is empty, and none beyond limit bytes otherwise.
type outbox struct {
	limit int

	mu       sync.Mutex
	messages [][]byte
	bytes    int
	// closed: no more is taken; what is queued still goes out.
	closed bool
	// wake has room for one: the writer looks again.
	wake chan struct{}
	// relief is closed when a quarter of the limit or less is taken again; nil while
	// nobody waits.
	relief chan struct{}
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1)}
}

// put queues data and reports whether there was room. A closed outbox takes
// and forgets it.
func (q *outbox) put(data []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return true
	case q.bytes > 0 && q.bytes+len(data) > q.limit:
		return false
	}
	q.messages = append(q.messages, data)
	q.bytes += len(data)
	q.signal()
	return true
}

// idle reports whether nothing waits and nothing is being sent: what is sent now keeps
// its order.
func (q *outbox) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes == 0 && !q.closed
}

// waiting is how many bytes wait.
func (q *outbox) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// take returns all that is queued, and whether anything may follow. What it
// returned counts against the limit until sent is called for it.
func (q *outbox) take() (messages [][]byte, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	messages, q.messages = q.messages, nil
	return messages, !q.closed
}

// sent gives room back.
func (q *outbox) sent(bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= bytes
	q.relieve()
}

// relieve is called with mu held.
func (q *outbox) relieve() {
	if q.relief != nil && (q.closed || q.bytes <= q.limit/4) {
		close(q.relief)
		q.relief = nil
	}
}

// pressed gives what to wait for while more than a quarter of the limit is taken; nil
// when it is not.
func (q *outbox) pressed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.bytes <= q.limit/4 {
		return nil
	}
	if q.relief == nil {
		q.relief = make(chan struct{})
	}
	return q.relief
}

func (q *outbox) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.relieve()
	q.signal()
}

// signal is called with mu held.
func (q *outbox) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
