package web

import (
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// The registrar does not wait for a reader, however long that takes, and whoever reads
// next sees all.
func TestPublishWaitsForNoReader(t *testing.T) {
	h := newTestHub()
	q, ok := h.join(position{})
	if !ok {
		t.Fatal("the hub serves nobody")
	}
	before := h.sequence
	for n := range 3 {
		h.View(func(r *replica.Replica) {
			h.Publish(start, []feed.Message{add("P", element(id(2*n), self))})
			h.Publish(start, []feed.Message{add("P", element(id(2*n+1), self)), feed.Event{Name: "element.registered"}})
			if got := r.Counts().Elements; got != 2*n {
				t.Errorf("%d elements while it is read, want %d as before", got, 2*n)
			}
		})
		select {
		case <-q.ready:
		default:
			t.Error("the feed's client is not woken when the reader is done")
		}
	}
	h.View(func(r *replica.Replica) {
		if got := r.Counts().Elements; got != 6 || r.Sequence().Number != before+6 {
			t.Errorf("%d elements in %d batches, want 6 of each", got, r.Sequence().Number-before)
		}
	})
	if list, last := h.events(0); len(list) != 3 || last != 3 {
		t.Errorf("%d events up to %d, want 3", len(list), last)
	}
	h.Publish(start, nil)
	if h.incoming.waits() {
		t.Error("nothing was published, and waits")
	}
}
