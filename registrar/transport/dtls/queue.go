package dtls

import "sync"

// queue is the datagrams that wait for the engine of one session. It takes no
// memory while it is empty: there may be thousands.
type queue struct {
	// ready is signalled when there may be something to pop.
	ready chan struct{}

	mu   sync.Mutex
	list [][]byte
}

// push adds a datagram, or drops it when datagramQueue wait already.
func (q *queue) push(b []byte) {
	q.mu.Lock()
	if len(q.list) < datagramQueue {
		q.list = append(q.list, b)
	}
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// pop returns the oldest datagram; nil when there is none.
func (q *queue) pop() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		q.list = nil
		return nil
	}
	b := q.list[0]
	q.list[0] = nil
	q.list = q.list[1:]
	return b
}
