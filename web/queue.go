package web

import (
	"bytes"
	"slices"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// queue is what one client has not been sent yet. All methods need the hub's lock,
// but ready.
type queue struct {
	// behind: the client needs a snapshot, for this reason.
	behind bool
	need   need
	// walk is the snapshot that it gets, nil where it has one.
	walk  *replica.Walk
	ready chan struct{}

	pending pending
	// sending is what was cut off from pending: frames bring it until upTo.
	sending  [][]byte
	held     int // bytes of sending
	upTo     feed.Sequence
	captured captured
}

// need is why a client needs a snapshot.
type need uint8

const (
	// needSlow: it fell behind, which any queue may.
	needSlow need = iota
	// needFirst: it has none; needLost: what it has missed is not known any more.
	needFirst
	needLost
	needs
)

// change is a message of the feed, encoded once for all clients.
type change struct {
	feed.Message
	encoded []byte
}

func newQueue() *queue {
	q := &queue{ready: make(chan struct{}, 1), behind: true, need: needFirst}
	q.wake()
	return q
}

// wake tells the client's writer that there is something to take.
func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// reset forgets everything: a snapshot takes its place.
func (q *queue) reset() {
	*q = queue{ready: q.ready, captured: q.captured}
}

// put merges one change. What the snapshot under way brings anyway is not kept.
func (q *queue) put(c change) {
	if q.behind || len(c.encoded) == 0 || q.walk != nil && !q.walk.Missed(c.Message) {
		return
	}
	q.pending.put(c)
	if q.pending.size+q.held > maxQueued || len(q.pending.steps) > maxSteps {
		q.reset()
		q.behind = true
	}
}

// next gives the next frame of a client and reports whether more follows at once.
// All but the last end with the zero Sequence: what they bring is not complete yet.
func (q *queue) next(h *Hub, upTo feed.Sequence) (frame []byte, more bool) {
	if q.behind {
		h.snapshots[q.need]++
		q.reset()
		q.walk = h.replica.Begin(frameSize)
	}
	if len(q.sending) == 0 {
		switch {
		case q.walk == nil:
			q.cut(h, upTo)
		case q.pending.size > maxQueued/4: // else they become too many before its end
			q.cut(h, feed.Sequence{}, q.walk.Flush()...)
		default:
			part, more := q.walk.Next(q.pending.adds)
			if more {
				return part, true
			}
			q.walk = nil
			for _, m := range h.replica.Checksums() {
				q.put(h.encode(m))
			}
			q.cut(h, upTo, part)
		}
	}
	n, size := 0, 0
	for n < len(q.sending) && (n == 0 || size+len(q.sending[n]) <= frameSize) {
		size += len(q.sending[n])
		n++
	}
	frame = make([]byte, 0, size+sequenceLen)
	for i, b := range q.sending[:n] {
		frame = append(frame, b...)
		q.sending[i] = nil
	}
	q.sending, q.held = q.sending[n:], q.held-size
	if len(q.sending) > 0 || q.walk != nil {
		return ended(frame, feed.Sequence{}), true
	}
	return ended(frame, q.upTo), false
}

// cut takes what is pending, and what the client gets of captured messages, to be
// sent behind what is begun.
func (q *queue) cut(h *Hub, upTo feed.Sequence, begun ...[]byte) {
	list := q.pending.appendTo(slices.Clone(begun))
	for _, m := range q.captured.take() {
		list = append(list, h.encode(m).encoded)
	}
	q.sending, q.upTo, q.pending, q.held = list, upTo, pending{}, 0
	for _, b := range list {
		q.held += len(b)
	}
}

// encoder makes changes. The zero value is ready.
type encoder struct{ buffer []byte }

// encode gives a change with its bytes; without them where it cannot be encoded: an
// element of 64 KiB never got in.
func (e *encoder) encode(m feed.Message) change {
	b, err := feed.Append(e.buffer[:0], m)
	if err != nil {
		return change{Message: m}
	}
	e.buffer = b
	return change{m, bytes.Clone(b)} // of this size: many of them wait
}

func ended(frame []byte, s feed.Sequence) []byte {
	frame, _ = feed.Append(frame, s) // which always fits
	return frame
}
