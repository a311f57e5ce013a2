package endpoint

import (
	"slices"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// acknowledgements of one element are at least AckInterval apart, and so are those
// for a whole pool. A keep-alive that comes sooner is answered late, not dropped:
// who goes without an answer is taken for dead.
type acknowledgements struct {
	last  time.Time
	owed  []AssociationID
	timer timer
}

// keepAlive answers for the elements meant (RFC 5352 section 3.4): the one
// named, or all of the pool, since the message of the RFC names none.
func (e *Endpoint) keepAlive(from AssociationID, m asap.EndpointKeepAlive) {
	pool := e.pools[m.Handle]
	if pool == nil {
		return
	}
	if m.ID == 0 {
		if e.mayAcknowledge(&pool.acks, from) {
			pool.Scan(func(_ wire.PEIdentifier, el *element) bool {
				e.acknowledge(el, from)
				return true
			})
		}
	} else if el, ok := pool.Get(m.ID); ok {
		e.acknowledge(el, from)
	} else {
		return
	}
	switch {
	case from == e.home && m.Server != e.server && m.Server != 0:
		e.server = m.Server
		e.do(HomeChanged{Association: from, Remote: e.associations[from].Remote, Server: m.Server})
	case from != e.home && m.Home: // KA2.4: its elements are there already
		e.setHome(from, m.Server)
	}
}

func (e *Endpoint) acknowledge(el *element, to AssociationID) {
	if e.mayAcknowledge(&el.acks, to) {
		e.sendAck(el, to)
	}
}

// mayAcknowledge reports whether the time for an answer has come; else it is owed.
func (e *Endpoint) mayAcknowledge(a *acknowledgements, to AssociationID) bool {
	at := a.last.Add(e.cfg.AckInterval)
	if a.last.IsZero() || !at.After(e.now) {
		a.last = e.now
		return true
	}
	if !slices.Contains(a.owed, to) {
		a.owed = append(a.owed, to)
	}
	if !a.timer.running() {
		e.timers.start(&a.timer, at)
	}
	return false
}

// collect gives those who are owed an answer and still there.
func (e *Endpoint) collect(a *acknowledgements) []AssociationID {
	owed := a.owed
	a.owed, a.last = nil, e.now
	return slices.DeleteFunc(owed, func(to AssociationID) bool {
		_, up := e.associations[to]
		return !up
	})
}

func (e *Endpoint) flushAcks(el *element) {
	for _, to := range e.collect(&el.acks) {
		e.sendAck(el, to)
	}
}

func (e *Endpoint) flushPoolAcks(pool *ownPool) {
	owed := e.collect(&pool.acks)
	pool.Scan(func(_ wire.PEIdentifier, el *element) bool {
		for _, to := range owed {
			e.acknowledge(el, to)
		}
		return true
	})
}

func (e *Endpoint) sendAck(el *element, to AssociationID) {
	//nolint:errcheck // a handle too long for it could not have been registered either
	e.send(to, asap.EndpointKeepAliveAck{Handle: el.spec.Handle, ID: el.id})
}
