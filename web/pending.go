package web

import (
	"slices"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// pending are changes, merged: of each element, peer, hold and home only the latest.
type pending struct {
	elements []pendingElement // in the order of their first changes
	at       map[key]int32
	peers    latest[wire.ServerID]
	sums     latest[wire.ServerID]
	holds    latest[holdKey]
	state    []byte // RegistrarState
	counters []byte
	pools    [][]byte // that are protected: as many as are configured
	events   [][]byte
	steps    [][]byte // of takeovers: none may be missing
	// size is what all of it takes in memory.
	size int
}

type key struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
}

type holdKey struct {
	maker wire.ServerID
	id    enrp.HoldID
}

// pendingElement is what became of one element. A removal stays in front of a later
// addition: the element may have come back with another policy type, which
// only a pool that was empty in between accepts.
type pendingElement struct{ del, add, state []byte }

// latest keeps the last value for each key, in the order of the first.
type latest[K comparable] struct {
	order []K
	last  map[K][]byte
}

// set gives the change of what it takes in memory.
func (l *latest[K]) set(k K, b []byte) int {
	if l.last == nil {
		l.last = map[K][]byte{}
	}
	old, known := l.last[k]
	l.last[k] = b
	if known {
		return len(b) - len(old)
	}
	l.order = append(l.order, k)
	return entryCost + len(b)
}

func (l *latest[K]) appendTo(list [][]byte) [][]byte {
	for _, k := range l.order {
		list = append(list, l.last[k])
	}
	return list
}

// put merges one change.
func (p *pending) put(c change) {
	switch m := c.Message.(type) {
	case enrp.HandleUpdate:
		e := p.element(key{m.Handle, m.Element.ID})
		if m.Action == enrp.DelPE {
			p.size -= len(e.add) + len(e.state)
			e.add, e.state = nil, nil
			p.replace(&e.del, c.encoded)
		} else {
			p.replace(&e.add, c.encoded)
		}
	case feed.ElementState:
		p.replace(&p.element(key{m.Handle, m.ID}).state, c.encoded)
	case enrp.Presence:
		p.size += p.sums.set(m.Sender, c.encoded)
	case feed.Hold:
		p.size += p.holds.set(holdKey{m.Maker, m.ID}, c.encoded)
	case feed.Protected:
		p.pools = append(p.pools, c.encoded)
		p.size += entryCost + len(c.encoded)
	case feed.PeerState:
		p.size += p.peers.set(m.Peer, c.encoded)
	case feed.RegistrarState:
		p.replace(&p.state, c.encoded)
	case feed.TakeoverStep:
		p.steps = append(p.steps, c.encoded)
		p.size += entryCost + len(c.encoded)
	case feed.Counters:
		p.replace(&p.counters, c.encoded)
	case feed.Event:
		if len(p.events) == maxEvents {
			p.size -= entryCost + len(p.events[0])
			p.events = slices.Delete(p.events, 0, 1)
		}
		p.events = append(p.events, c.encoded)
		p.size += entryCost + len(c.encoded)
	}
}

func (p *pending) replace(at *[]byte, b []byte) {
	p.size += len(b) - len(*at)
	*at = b
}

// element finds or makes the place of an element; it moves with the next one made.
func (p *pending) element(k key) *pendingElement {
	i, ok := p.at[k]
	if !ok {
		if p.at == nil {
			p.at = map[key]int32{}
		}
		i = int32(len(p.elements)) //nolint:gosec // bounded by maxQueued
		p.at[k] = i
		p.elements = append(p.elements, pendingElement{})
		p.size += entryCost
	}
	return &p.elements[i]
}

// adds reports whether an addition of the element is pending.
func (p *pending) adds(ref replica.Ref) bool {
	i, ok := p.at[key{ref.Handle, ref.ID}]
	return ok && p.elements[i].add != nil
}

// appendTo appends all of it. Removals come first, so that a pool which changed
// its type is empty before its new elements arrive; checksums come last, when
// all that they cover has been said.
func (p *pending) appendTo(list [][]byte) [][]byte {
	some := func(b []byte) {
		if b != nil {
			list = append(list, b)
		}
	}
	for _, e := range p.elements {
		some(e.del)
	}
	for _, e := range p.elements {
		some(e.add)
		some(e.state)
	}
	list = p.peers.appendTo(list)
	some(p.state)
	list = append(list, p.pools...)
	list = p.holds.appendTo(list)
	list = append(list, p.events...)
	list = append(list, p.steps...)
	some(p.counters)
	return p.sums.appendTo(list)
}
