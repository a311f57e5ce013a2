package endpoint

import (
	"slices"

	"rserpool/registrar/wire"
)

// message is one of the application's on its way to a pool (RFC 5352 section
// 6.5). The driver has its data.
type message struct {
	SendMessage
	search search
	// question is the one to the cache that it waits for on its own.
	question uint64
	// left counts the copies without an outcome.
	left    int
	reached []wire.PEIdentifier
	// err is what became of one to a transport address.
	err error
}

// has reports whether an option is set.
func (m *message) has(o SendOptions) bool { return m.Options&o != 0 }

// toAll: the option counts for messages to a whole pool only.
func (m *message) toAll() bool { return m.has(SendToAll) && m.Element == 0 && !m.To.Present() }

// failsOver: a copy to each element has no other one to go to, and nothing is
// known of a transport address (RFC 5352 section 6.5.4).
func (m *message) failsOver() bool {
	return m.has(SendFailover) && !m.has(SendNoFailover) && !m.toAll() && !m.To.Present()
}

// outbox holds messages while their pool is resolved, in order.
type outbox struct{ waiting []*message }

func (e *Endpoint) sendMessage(ev SendMessage) {
	if _, known := e.peers.messages[ev.Message]; known {
		return
	}
	m := &message{SendMessage: ev}
	e.peers.messages[m.Message] = m
	if m.To.Present() {
		e.enqueue(m, wire.PoolElement{UserTransport: m.To})
		return
	}
	box, resolving := e.peers.outboxes[m.Handle]
	if resolving {
		box.waiting = append(box.waiting, m)
		return
	}
	e.peers.outboxes[m.Handle] = &outbox{waiting: []*message{m}}
	e.emptyOutbox(m.Handle)
}

// emptyOutbox sends what waits for a pool as soon as that is known. The first
// that needs more of the pool than the cache has holds those behind it up.
func (e *Endpoint) emptyOutbox(handle wire.PoolHandle) {
	box := e.peers.outboxes[handle]
	if len(box.waiting) == 0 {
		delete(e.peers.outboxes, handle)
		return
	}
	first := box.waiting[0]
	e.lookup(handle, first.toAll() || first.Element != 0, func(c *cached, err error) {
		for len(box.waiting) > 0 {
			m := box.waiting[0]
			if m != first && err == nil && (m.toAll() || m.Element != 0) && !covers(c.items, 0) {
				break
			}
			box.waiting = box.waiting[1:]
			if err != nil {
				e.done(m, err)
				continue
			}
			e.dispatch(m, c)
		}
		e.emptyOutbox(handle)
	})
}

// dispatch sends a message to the element that it is meant for, or asks the
// server where the cache does not have one.
func (e *Endpoint) dispatch(m *message, c *cached) {
	if m.toAll() {
		e.dispatchAll(m, c)
		return
	}
	pe, ok := e.destination(m, c)
	switch {
	case ok:
		e.peers.last.set(m.Handle, pe.ID)
		e.enqueue(m, pe)
	case m.search.asked || len(m.search.failures) > 0 && !m.failsOver():
		e.done(m, m.search.failure(m.Handle, nil))
	default:
		m.search.asked = true
		e.askFor(m)
	}
}

// askFor lets one message wait for what the server knows.
func (e *Endpoint) askFor(m *message) {
	e.peers.questions++
	id, question := m.Message, e.peers.questions
	m.question = question
	items := uint32(backups)
	if m.Element != 0 || len(m.search.failures) > 0 {
		items = 0 // all: it need not be among a few, nor do those that have not failed
	}
	e.inquire(m.Handle, items, func(c *cached, err error) {
		m, ok := e.peers.messages[id]
		switch {
		case !ok || m.question != question:
		case err != nil:
			e.done(m, m.search.failure(m.Handle, err))
		default:
			e.dispatch(m, c)
		}
	})
}

// destination is the element for a message: the one that the user names, that of
// the message before (SendToLast), or one by the policy; after a failure one that
// the message has not been to.
func (e *Endpoint) destination(m *message, c *cached) (wire.PoolElement, bool) {
	order := e.peers.orders.of[m.Handle]
	if len(m.search.failures) > 0 {
		return e.choose(&m.search, c, order)
	}
	if m.Element != 0 {
		pe, ok := c.element(m.Element)
		if ok || !m.search.asked {
			return pe, ok
		}
		m.search.failed(m.Element, "the pool does not have it")
		if !m.failsOver() {
			return wire.PoolElement{}, false
		}
		return e.choose(&m.search, c, order)
	}
	if last, ok := e.peers.last.of[m.Handle]; ok && m.has(SendToLast) && !c.hasFailed(e.now, e.cfg.StaleTimeout, last) {
		if pe, ok := c.element(last); ok {
			return pe, true
		}
	}
	return e.choose(&m.search, c, nil)
}

// dispatchAll sends a copy to each element, but for those of this endpoint,
// unless the user wants that.
func (e *Endpoint) dispatchAll(m *message, c *cached) {
	seen := make(map[wire.PEIdentifier]struct{}) // a list repeats those of more weight
	all := slices.DeleteFunc(slices.Clone(c.elements), func(pe wire.PoolElement) bool {
		_, again := seen[pe.ID]
		seen[pe.ID] = struct{}{}
		_, own := e.find(m.Handle, pe.ID)
		return again || own && !m.has(SendToSelf)
	})
	if len(all) == 0 {
		e.done(m, &NoElementError{Handle: m.Handle})
		return
	}
	for _, pe := range all {
		e.enqueue(m, pe)
	}
}

func (e *Endpoint) done(m *message, err error) {
	delete(e.peers.messages, m.Message)
	e.do(MessageDone{Message: m.Message, Reached: m.reached, Err: err})
}

// settle counts a copy that has its outcome.
func (e *Endpoint) settle(m *message) {
	m.left--
	switch {
	case m.left > 0:
	case m.err != nil:
		e.done(m, m.err)
	case len(m.search.failures) > 0 && (m.toAll() || len(m.reached) == 0):
		e.done(m, m.search.failure(m.Handle, nil))
	default:
		e.done(m, nil)
	}
}

// cancelMessage forgets a message. What is on its way is not called back; its
// outcome interests nobody.
func (e *Endpoint) cancelMessage(ev CancelMessage) {
	m, ok := e.peers.messages[ev.Message]
	if !ok {
		return
	}
	delete(e.peers.messages, ev.Message)
	if box, ok := e.peers.outboxes[m.Handle]; ok {
		box.waiting = slices.DeleteFunc(box.waiting, func(x *message) bool { return x == m })
	}
}
