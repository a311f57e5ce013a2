package inbox

import (
	"slices"

	"rserpool/registrar/transport"
)

// tapBatch is how many messages that were queued a tap gets at once.
const tapBatch = 16

// Tap lets t have what is queued and all that comes, instead of Get, until it wants no
// more: no goroutine needs to wake for it.
func (q *Inbox) Tap(t transport.Tap) {
	q.order.Lock()
	defer q.order.Unlock()
	for {
		batch, ended := q.next(t)
		switch {
		case len(batch) > 0:
			if !t.Take(batch) {
				return
			}
		case ended:
			t.End()
			return
		default:
			return
		}
	}
}

// next gives the next messages that are queued. When there are none any more, what comes
// goes to t.
func (q *Inbox) next(t transport.Tap) (batch []transport.Message, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) == 0 {
		q.tap = t
		return nil, q.ended
	}
	batch = slices.Clone(q.messages[:min(len(q.messages), tapBatch)])
	clear(q.messages[:len(batch)]) // let go of the data
	q.messages = q.messages[len(batch):]
	for _, m := range batch {
		q.bytes -= overhead + len(m.Data)
	}
	q.wake()
	return batch, false
}

// Tapped reports whether messages go to a tap.
func (q *Inbox) Tapped() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tap != nil
}

// give hands messages to the tap, behind what Tap has found. If that wants no more by
// now, they are queued.
func (q *Inbox) give(all []transport.Message) {
	q.order.Lock()
	defer q.order.Unlock()
	q.mu.Lock()
	t := q.tap
	if t == nil {
		for _, m := range all {
			q.add(m)
		}
	}
	q.mu.Unlock()
	if t == nil || t.Take(all) {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tap = nil
}

// giveOne is give without a slice of its own.
func (q *Inbox) giveOne(m transport.Message) {
	one := [1]transport.Message{m}
	q.give(one[:])
}
