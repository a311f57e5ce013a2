package web

import (
	"sync"
	"time"

	"rserpool/registrar/feed"
)

// published is what the registrar has published at once.
type published struct {
	at      time.Time
	changes []feed.Message
}

// incoming are the batches that the hub has not applied yet: more than one only while
// somebody reads the hub.
type incoming struct {
	mu      sync.Mutex
	batches []published
}

func (in *incoming) add(b published) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.batches = append(in.batches, b)
}

func (in *incoming) take() []published {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := in.batches
	in.batches = nil
	return list
}

func (in *incoming) waits() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.batches) > 0
}

// lock gives the hub as of all that was published; unlock gives it back. An export of
// 100,000 elements holds it for 0.2 s, in which the registrar must go on: what it
// publishes meanwhile is applied by whoever has the hub.
func (h *Hub) lock() {
	h.mu.Lock()
	h.catchUp()
}

func (h *Hub) unlock() {
	h.mu.Unlock()
	h.help()
}

// help applies what waits, unless somebody has the hub, who does it.
func (h *Hub) help() {
	for h.incoming.waits() && h.mu.TryLock() {
		h.catchUp()
		h.mu.Unlock()
	}
}

// catchUp is called with mu held.
func (h *Hub) catchUp() {
	for _, b := range h.incoming.take() {
		h.apply(b)
	}
}
