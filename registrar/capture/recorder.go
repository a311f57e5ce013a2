package capture

import (
	"sync"
	"sync/atomic"
	"time"

	"rserpool/registrar/feed"
)

const (
	// DefaultMessages are some minutes of a quiet scope, or the second in which something
	// went wrong in a busy one.
	DefaultMessages = 10_000
	// MessageSize is the room for each in bytes: some messages have 64 KiB, most far less.
	MessageSize = 1600
)

// Message is a captured message with all of its bytes.
type Message struct {
	feed.Captured // without Length and Data
	Bytes         []byte
}

// Cut is the message as the feed carries it.
func (m Message) Cut() feed.Captured {
	c := m.Captured
	c.Length = uint32(len(m.Bytes)) //nolint:gosec // a message of SCTP has 64 KiB at most
	c.Data = string(m.Bytes[:min(len(m.Bytes), feed.CapturedData)])
	return c
}

// Recorder is the ring. A nil Recorder records nothing. All methods may be called
// concurrently.
type Recorder struct {
	on atomic.Bool

	mu       sync.Mutex
	watchers map[*Watcher]struct{}
	// most is how many messages are kept, dropped how many were not any more.
	most    int
	dropped uint64
	// ring holds len messages from first on; it grows up to most.
	ring       []Message
	first, len int
	bytes      int
	number     uint64
}

// New returns a Recorder that nobody watches, for so many messages, or what as many of
// MessageSize take.
func New(messages int) *Recorder {
	return &Recorder{watchers: map[*Watcher]struct{}{}, most: messages}
}

// On reports whether somebody watches: else there is no need to call Record.
func (r *Recorder) On() bool { return r != nil && r.on.Load() }

// Record takes a message that is sent or was received now, and a copy of its
// bytes. It sets the number and the time.
func (r *Recorder) Record(m feed.Captured, data []byte) {
	m.Micros = time.Now().UnixMicro()
	data = append([]byte(nil), data...)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.watchers) == 0 {
		return
	}
	r.number++
	m.Number = r.number
	for r.len == r.most || r.len > 0 && r.bytes+len(data) > r.most*MessageSize {
		r.drop()
	}
	if r.len == len(r.ring) {
		r.grow()
	}
	r.ring[(r.first+r.len)%len(r.ring)] = Message{m, data}
	r.len++
	r.bytes += len(data)
	for w := range r.watchers {
		w.wake()
	}
}

// drop forgets the oldest message.
func (r *Recorder) drop() {
	r.dropped++
	r.bytes -= len(r.ring[r.first].Bytes)
	r.ring[r.first] = Message{}
	r.first = (r.first + 1) % len(r.ring)
	r.len--
}

func (r *Recorder) grow() {
	ring := make([]Message, min(max(64, 2*len(r.ring)), r.most))
	for i := range r.len {
		ring[i] = r.ring[(r.first+i)%len(r.ring)]
	}
	r.ring, r.first = ring, 0
}

// Since gives the messages behind the one with a number, the oldest first, but no
// more than the newest that have so many messages and bytes together.
func (r *Recorder) Since(number uint64, messages, bytes int) []Message {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for ; n < r.len && n < messages; n++ {
		m := r.at(r.len - 1 - n)
		if bytes -= len(m.Bytes); m.Number <= number || bytes < 0 && n > 0 {
			break
		}
	}
	list := make([]Message, n)
	for i := range list {
		list[i] = *r.at(r.len - n + i)
	}
	return list
}

func (r *Recorder) at(i int) *Message { return &r.ring[(r.first+i)%len(r.ring)] }

// Dropped is how many messages were not kept any longer, for newer ones.
func (r *Recorder) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// Last is the number of the newest message so far.
func (r *Recorder) Last() uint64 {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.number
}

// Watcher is somebody who looks.
type Watcher struct {
	recorder *Recorder
	news     chan<- struct{}
}

// Watch makes the Recorder record until Stop. news is sent to, if it has room, when
// a message has been recorded; it may be nil.
func (r *Recorder) Watch(news chan<- struct{}) *Watcher {
	w := &Watcher{r, news}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[w] = struct{}{}
	r.on.Store(true)
	return w
}

// Stop ends watching. With the last watcher the ring is given up.
func (w *Watcher) Stop() {
	r := w.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watchers, w)
	if len(r.watchers) == 0 {
		r.on.Store(false)
		r.ring, r.first, r.len, r.bytes = nil, 0, 0, 0
	}
}

func (w *Watcher) wake() {
	select {
	case w.news <- struct{}{}:
	default: // also where news is nil
	}
}
