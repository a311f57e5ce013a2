package web

import (
	"log/slog"
	"sync"
	"time"

	"rserpool/registrar/capture"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/web/metrics"
)

// Hub keeps the replica that pages and the API read, and passes every change on
// to the feed's clients. Publish waits for none of them.
type Hub struct {
	limits   Limits
	log      *slog.Logger
	hits     hits
	incoming incoming
	// mu is for all below: see lock.
	mu       sync.Mutex
	replica  *replica.Replica
	sequence uint64
	queues   map[*queue]struct{}
	closed   chan struct{}
	recorder *capture.Recorder
	history  history
	backlog  backlog
	encoder
	// snapshots are how many were given, by why.
	snapshots [needs]uint64
}

// position is how far a client has followed a registrar. Epochs are those of
// feed.Hello; the zero position is nowhere.
type position struct{ epoch, sequence uint64 }

// NewHub starts with what the registrar says of itself. log gets what the hub refuses;
// what it keeps and serves is bounded by limits, which are all above 0.
func NewHub(hello feed.Hello, limits Limits, log *slog.Logger) *Hub {
	h := &Hub{
		limits: limits, log: log, replica: replica.New(), queues: map[*queue]struct{}{}, closed: make(chan struct{}),
		recorder: capture.New(limits.Captured), history: history{most: limits.Events},
	}
	for l := range h.hits.tell {
		h.hits.tell[l].Interval = limitEvery
	}
	h.replica.Apply(hello)
	h.replica.Apply(feed.Sequence{Now: hello.Now})
	return h
}

// Recorder is where the registrar records its messages while a client watches.
func (h *Hub) Recorder() *capture.Recorder { return h.recorder }

// Publish takes one batch of changes, made at the given time.
func (h *Hub) Publish(at time.Time, changes []feed.Message) {
	if len(changes) == 0 {
		return
	}
	h.incoming.add(published{at, changes})
	h.help()
}

// apply is called with mu held.
func (h *Hub) apply(b published) {
	kept := make([]change, len(b.changes))
	for i, m := range b.changes {
		if e, ok := m.(feed.Event); ok {
			var dropped uint64
			m, dropped = h.history.add(e)
			h.hits.count[limitEvents].Add(dropped)
		}
		h.replica.Apply(m)
		kept[i] = h.encode(m)
		for q := range h.queues {
			q.put(kept[i])
		}
	}
	h.sequence++
	h.backlog.add(h.sequence, kept)
	h.replica.Apply(feed.Sequence{Number: h.sequence, Now: feed.At(b.at)})
	for q := range h.queues {
		q.wake()
	}
}

// View calls f with the replica, which must not be kept.
func (h *Hub) View(f func(*replica.Replica)) {
	h.lock()
	defer h.unlock()
	f(h.replica)
}

// events gives the events behind a number, and the number of the latest.
func (h *Hub) events(since uint64) (list []feed.Event, last uint64) {
	h.lock()
	defer h.unlock()
	return h.history.since(since), h.history.last
}

// feeds tells metrics of the clients.
func (h *Hub) feeds() metrics.Feeds {
	h.lock()
	defer h.unlock()
	return metrics.Feeds{Clients: len(h.queues), First: h.snapshots[needFirst], Lost: h.snapshots[needLost], Slow: h.snapshots[needSlow]}
}

// Close ends every feed, with the reason told to its client.
func (h *Hub) Close() {
	h.lock()
	defer h.unlock()
	select {
	case <-h.closed:
	default:
		close(h.closed)
	}
}

// join adds a queue, which starts with what the client has missed since a position,
// or with a snapshot where that is not known any more; false where there are as many
// clients as the hub serves, or where it is closed.
func (h *Hub) join(from position) (*queue, bool) {
	full := false
	defer func() {
		if full { // told without the lock
			h.hit(limitFeedClients, "so many follow the feed, one more was refused")
		}
	}()
	h.lock()
	defer h.unlock()
	select {
	case <-h.closed:
		return nil, false
	default:
	}
	if full = len(h.queues) >= h.limits.FeedClients; full {
		return nil, false
	}
	q := newQueue()
	if from != (position{}) {
		q.need = needLost
	}
	if missed, ok := h.backlog.since(from.sequence); ok && from.epoch == h.replica.Hello().Epoch && from.sequence <= h.sequence {
		q.behind = false
		for _, b := range missed {
			for _, c := range b.changes {
				q.put(c)
			}
		}
	}
	h.queues[q] = struct{}{}
	return q, true
}

func (h *Hub) leave(q *queue) {
	h.lock()
	defer h.unlock()
	q.captured.stop()
	delete(h.queues, q)
}

// want makes a client get what it asks for.
func (h *Hub) want(q *queue, w feed.Want) {
	h.lock()
	defer h.unlock()
	if _, ok := h.queues[q]; ok { // else nobody would stop what begins here
		q.want(h.recorder, w)
	}
}

// take gives the next frame of a queue, and reports whether more belongs to it: parts
// of a snapshot where the client has none or fell behind, else the changes since the
// last call. Without any change the frame only tells the time: the client hears that
// all is well.
func (h *Hub) take(q *queue, now time.Time) (frame []byte, more bool) {
	h.lock()
	defer h.unlock()
	return q.next(h, feed.Sequence{Number: h.sequence, Now: feed.At(now)})
}
