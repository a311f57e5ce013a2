package web

import (
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// queue is what one client has not been sent yet, merged: of each element,
// peer, hold and home only the latest. All methods need the hub's lock, but ready.
type queue struct {
	// behind: the client needs a snapshot.
	behind bool
	ready  chan struct{}

	order    []key // of the first change of each element
	elements map[key]*pending
	peers    latest[wire.ServerID, feed.PeerState]
	sums     latest[wire.ServerID, enrp.Presence]
	holds    latest[holdKey, feed.Hold]
	state    []feed.Message // at most one RegistrarState, and protected pools
	events   []feed.Message
	counters []feed.Message // at most one
	steps    []feed.Message // of takeovers: none may be missing

	captured captured
}

type key struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

type holdKey struct {
	maker wire.ServerID
	id    enrp.HoldID
}

// pending is what became of one element. A removal stays in front of a later
// addition: the element may have come back with another policy type, which
// only a pool that was empty in between accepts.
type pending struct {
	del, add, state feed.Message
}

// latest keeps the last value for each key, in the order of the first.
type latest[K comparable, V feed.Message] struct {
	order []K
	last  map[K]V
}

func (l *latest[K, V]) set(k K, v V) {
	if l.last == nil {
		l.last = map[K]V{}
	}
	if _, ok := l.last[k]; !ok {
		l.order = append(l.order, k)
	}
	l.last[k] = v
}

func (l *latest[K, V]) appendTo(list []feed.Message) []feed.Message {
	for _, k := range l.order {
		list = append(list, l.last[k])
	}
	return list
}

func newQueue() *queue {
	q := &queue{ready: make(chan struct{}, 1), behind: true}
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

// put merges one change.
func (q *queue) put(m feed.Message) {
	if q.behind {
		return
	}
	switch m := m.(type) {
	case enrp.HandleUpdate:
		p := q.element(key{m.Handle, m.Element.ID})
		if m.Action == enrp.DelPE {
			*p = pending{del: m}
		} else {
			p.add = m
		}
	case feed.ElementState:
		q.element(key{m.Handle, m.ID}).state = m
	case enrp.Presence:
		q.sums.set(m.Sender, m)
	case feed.Hold:
		q.holds.set(holdKey{m.Maker, m.ID}, m)
	case feed.Protected:
		q.state = append(q.state, m) // as many as are configured
	case feed.PeerState:
		q.peers.set(m.Peer, m)
	case feed.RegistrarState:
		q.state = slices.DeleteFunc(q.state, func(o feed.Message) bool { return o.Type() == feed.TypeRegistrarState })
		q.state = append(q.state, m)
	case feed.TakeoverStep:
		q.steps = append(q.steps, m)
	case feed.Counters:
		q.counters = []feed.Message{m}
	case feed.Event:
		if len(q.events) == maxEvents {
			q.events = slices.Delete(q.events, 0, 1)
		}
		q.events = append(q.events, m)
	}
	if len(q.order)+len(q.holds.order) > maxPending || len(q.steps) > maxSteps {
		q.reset()
		q.behind = true
	}
}

func (q *queue) element(k key) *pending {
	p := q.elements[k]
	if p == nil {
		if q.elements == nil {
			q.elements = map[key]*pending{}
		}
		p = &pending{}
		q.elements[k] = p
		q.order = append(q.order, k)
	}
	return p
}

// frames empties the queue. Removals come first, so that a pool which changed
// its type is empty before its new elements arrive; checksums come last, when
// all that they cover has been said.
func (q *queue) frames(upTo feed.Sequence) [][]byte {
	var list []feed.Message
	for _, k := range q.order {
		if p := q.elements[k]; p.del != nil {
			list = append(list, p.del)
		}
	}
	for _, k := range q.order {
		for _, m := range []feed.Message{q.elements[k].add, q.elements[k].state} {
			if m != nil {
				list = append(list, m)
			}
		}
	}
	list = q.peers.appendTo(list)
	list = append(list, q.state...)
	list = q.holds.appendTo(list)
	list = append(list, q.events...)
	list = append(list, q.steps...)
	list = append(list, q.counters...)
	list = q.sums.appendTo(list)
	list = q.captured.appendTo(list)
	q.reset()
	return pack(list, upTo)
}

// pack fills frames up to frameSize. All but the last end with the zero Sequence:
// what they bring is not complete yet.
func pack(list []feed.Message, upTo feed.Sequence) [][]byte {
	var frames [][]byte
	var frame []byte
	for _, m := range list {
		longer, err := feed.Append(frame, m)
		if err != nil {
			continue // cannot be encoded: an element of 64 KiB never got in
		}
		if len(longer) > frameSize && len(frame) > 0 {
			frames = append(frames, ended(frame, feed.Sequence{}))
			longer, _ = feed.Append(nil, m)
		}
		frame = longer
	}
	return append(frames, ended(frame, upTo))
}

func ended(frame []byte, s feed.Sequence) []byte {
	frame, _ = feed.Append(slices.Clip(frame), s) // 20 bytes always fit
	return frame
}
