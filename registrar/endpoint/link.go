package endpoint

import (
	"fmt"
	"slices"

	"rserpool/registrar/wire"
)

// target names where a link leads: an element of a pool, or a transport address.
type target struct {
	handle wire.PoolHandle
	id     wire.PEIdentifier
	// to is the encoded address of a link that is not to an element.
	to string
}

// link is the channel that all messages to one element share: opened for the
// first one, and closed when there was none for Config.IdleTimeout.
type link struct {
	target  target
	to      wire.Transport
	connect ConnectID
	channel *channel
	// queue waits for the channel; flight is what the transport has not taken yet.
	queue, flight []*message
	idle          timer
}

// enqueue sends a copy of a message over the link to an element, and opens that
// where there is none.
func (e *Endpoint) enqueue(m *message, pe wire.PoolElement) {
	m.left++
	t := target{handle: m.Handle, id: pe.ID}
	if m.To.Present() {
		t = target{to: string(m.To.TLV())}
	} else {
		e.engage(t.handle, t.id)
	}
	l, ok := e.peers.links[t]
	if !ok {
		l = &link{target: t, to: pe.UserTransport}
		l.idle.fire = func() {
			delete(e.peers.links, t)
			e.closeChannel(l.channel)
		}
		e.peers.links[t] = l
		l.connect = e.connect(l, t.handle, t.id, l.to)
	}
	l.queue = append(l.queue, m)
	l.flush(e)
}

// flush hands what waits to the transport, but for what was cancelled.
func (l *link) flush(e *Endpoint) {
	if l.channel == nil {
		return
	}
	for _, m := range l.queue {
		if e.peers.messages[m.Message] == m {
			l.flight = append(l.flight, m)
			e.do(Transmit{Channel: l.channel.id, Message: m.Message, Unordered: m.has(SendUnordered)})
		}
	}
	l.queue = nil
	l.rest(e)
}

// rest starts the idle time when there is nothing left to do.
func (l *link) rest(e *Endpoint) {
	if len(l.flight) > 0 {
		e.timers.stop(&l.idle)
		return
	}
	e.timers.start(&l.idle, e.now.Add(e.cfg.IdleTimeout))
}

func (l *link) up(e *Endpoint, c *channel) {
	l.channel = c
	if l.target.to == "" {
		e.reached(l.target.handle, l.target.id)
	}
	l.flush(e)
}

func (l *link) refused(e *Endpoint, ev ConnectFailed) {
	l.end(e, ev.Reason, func() { e.unconnected(member{l.target.handle, l.target.id}, ev) })
}

func (l *link) down(e *Endpoint, ev ChannelDown) {
	l.end(e, ev.Reason, func() {
		if ev.Orderly {
			e.doubt(l.target.handle, wire.PoolElement{ID: l.target.id, UserTransport: l.to})
			return
		}
		e.failed(l.target.handle, l.target.id)
	})
}

// end gives every message on the link its outcome, in order: another element, or
// back to the driver. blame is for an element that should have taken one: those
// that only ended an idle link have done no harm.
func (l *link) end(e *Endpoint, reason string, blame func()) {
	delete(e.peers.links, l.target)
	e.timers.stop(&l.idle)
	unsent := slices.DeleteFunc(slices.Concat(l.flight, l.queue), func(m *message) bool { return e.peers.messages[m.Message] != m })
	if len(unsent) == 0 {
		return
	}
	if l.target.to == "" {
		blame()
	}
	for _, m := range unsent {
		e.unsent(m, l, reason)
	}
}

// unsent is a copy that did not leave.
func (e *Endpoint) unsent(m *message, l *link, reason string) {
	if l.target.to != "" {
		m.err = fmt.Errorf("message not sent: %s", reason)
		e.settle(m)
		return
	}
	m.search.failed(l.target.id, reason)
	if !m.failsOver() {
		e.settle(m)
		return
	}
	m.left--
	c, ok := e.cache.Get(m.Handle)
	if !ok {
		m.search.asked = true
		e.askFor(m)
		return
	}
	e.dispatch(m, c)
}

// transmitted ends the way of a copy.
func (e *Endpoint) transmitted(ev Transmitted) {
	c, ok := e.peers.channels[ev.Channel]
	if !ok {
		return
	}
	l, ok := c.owner.(*link)
	if !ok {
		return
	}
	i := slices.IndexFunc(l.flight, func(m *message) bool { return m.Message == ev.Message })
	if i < 0 {
		return
	}
	m := l.flight[i]
	l.flight = slices.Delete(l.flight, i, i+1)
	l.rest(e)
	if e.peers.messages[m.Message] != m { // cancelled
		return
	}
	if l.target.to == "" {
		m.reached = append(m.reached, l.target.id)
	}
	e.settle(m)
}
