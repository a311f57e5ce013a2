package inbox

import "rserpool/registrar/transport"

// Tap lets t have what is queued and all that comes, instead of Get: no goroutine
// needs to wake for it.
func (q *Inbox) Tap(t transport.Tap) {
	q.order.Lock()
	defer q.order.Unlock()
	q.mu.Lock()
	queued, ended := q.messages, q.ended
	q.messages, q.bytes, q.tap = nil, 0, t
	q.wake()
	q.mu.Unlock()
	if len(queued) > 0 {
		t.Take(queued)
	}
	if ended {
		t.End()
	}
}

// give hands messages to the tap, behind what Tap has found.
func (q *Inbox) give(all []transport.Message) {
	q.order.Lock()
	defer q.order.Unlock()
	q.tap.Take(all)
}

// giveOne is give without a slice of its own.
func (q *Inbox) giveOne(m transport.Message) {
	q.order.Lock()
	defer q.order.Unlock()
	q.one[0] = m
	q.tap.Take(q.one[:])
	q.one[0] = transport.Message{}
}
