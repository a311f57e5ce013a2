package endpoint

import (
	"slices"
	"time"

	"rserpool/registrar/asap"
)

// acknowledgements of one element are at least AckInterval apart. A keep-alive
// that comes sooner is answered late, not dropped: who goes without an answer is
// taken for dead.
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
	elements := pool.Values()
	if m.ID != 0 {
		el, ok := pool.Get(m.ID)
		if !ok {
			return
		}
		elements = []*element{el}
	}
	for _, el := range elements {
		e.acknowledge(el, from)
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
	a := &el.acks
	at := a.last.Add(e.cfg.AckInterval)
	if a.last.IsZero() || !at.After(e.now) {
		e.sendAck(el, to)
		return
	}
	if !slices.Contains(a.owed, to) {
		a.owed = append(a.owed, to)
	}
	if !a.timer.running() {
		e.timers.start(&a.timer, at)
	}
}

func (e *Endpoint) flushAcks(el *element) {
	owed := el.acks.owed
	el.acks.owed = nil
	for _, to := range owed {
		if _, up := e.associations[to]; up {
			e.sendAck(el, to)
		}
	}
}

func (e *Endpoint) sendAck(el *element, to AssociationID) {
	el.acks.last = e.now
	//nolint:errcheck // a handle too long for it could not have been registered either
	e.send(to, asap.EndpointKeepAliveAck{Handle: el.spec.Handle, ID: el.id})
}
