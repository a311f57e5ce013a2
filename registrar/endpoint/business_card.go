package endpoint

import (
	"errors"
	"slices"

	"rserpool/registrar/asap"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// ErrNoCard says that the one who should send a business card is no element (RFC
// 5352 section 3.9).
var ErrNoCard = errors.New("only a pool element has a business card; open the session as one")

// maxCard is how many elements a card lists where its sender names no order: who
// has lost so many asks the registrar again.
const maxCard = 16

// card is what a channel has to do with business cards.
type card struct {
	// order is what the application asked for; given tells that it did.
	order []wire.PEIdentifier
	given bool
	// question is the one for own pool whose answer is the latest card.
	question uint64
	// asking: a card of the other end has asked for its pool. One at a time, so that
	// cards do not make more work than that.
	asking bool
}

// introduce sends the first card of a new channel, if this end is an element
// (RFC 5352 section 3.9).
func (e *Endpoint) introduce(c *channel) {
	el, ok := e.elements.Get(c.element)
	if !ok || !c.control {
		return
	}
	if c.pool == "" {
		e.belong(c, el.spec.Handle)
	}
	e.sendCard(c)
}

// belong notes whose cookies and cards go over a channel.
func (e *Endpoint) belong(c *channel, pool wire.PoolHandle) {
	c.pool = pool
	e.hold(pool)
}

func (e *Endpoint) sendBusinessCard(ev SendBusinessCard) {
	c, ok := e.peers.channels[ev.Channel]
	switch {
	case !ok:
	case !c.control:
		e.do(ControlRefused{Channel: c.id, Err: ErrNoControl})
	case c.pool == "":
		e.do(ControlRefused{Channel: c.id, Err: ErrNoCard})
	default:
		c.card.order, c.card.given = slices.Clone(ev.Order), true
		e.sendCard(c)
	}
}

// sendCard sends a card when own pool is known, which is at once where it is in
// the cache. Only the last one asked for is sent.
func (e *Endpoint) sendCard(c *channel) {
	if _, ok := e.elements.Get(c.element); !ok {
		return
	}
	e.peers.questions++
	id, question := c.id, e.peers.questions
	c.card.question = question
	e.lookup(c.pool, c.card.given, func(pool *cached, _ error) {
		c, ok := e.peers.channels[id]
		if !ok || c.card.question != question {
			return
		}
		if el, ok := e.elements.Get(c.element); ok && el.user.Present() {
			e.sendCardOf(c, el, pool)
		}
	})
}

// sendCardOf sends the card of an element: the others of its pool, or itself
// where there is no other or the pool is unknown. It always fits: the list came in
// a message with more beside it.
func (e *Endpoint) sendCardOf(c *channel, el *element, pool *cached) {
	var list []wire.PoolElement
	switch {
	case pool == nil:
	case c.card.given:
		for _, id := range c.card.order {
			pe, ok := pool.element(id)
			if ok && !slices.ContainsFunc(list, func(x wire.PoolElement) bool { return x.ID == id }) {
				list = append(list, pe)
			}
		}
	default:
		list = e.failoverOrder(pool, el.id)
	}
	if len(list) == 0 {
		list = []wire.PoolElement{{
			ID: el.id, HomeServer: e.server, Life: e.cfg.life(el.spec.Life), UserTransport: el.user, Policy: el.policy,
		}}
	}
	//nolint:errcheck // see above
	e.sendControl(c, asap.BusinessCard{Handle: el.spec.Handle, Elements: list})
}

// failoverOrder is who takes over from the element self: by the pool's policy,
// beginning where the last card did not, so that the users of a dead element
// spread over the others. Those that failed a moment ago would not do.
func (e *Endpoint) failoverOrder(pool *cached, self wire.PEIdentifier) []wire.PoolElement {
	start := 0
	if first, ok := pool.next(e.cfg.Rand); ok {
		start = pool.index(first.ID)
	}
	others := slices.DeleteFunc(slices.Concat(pool.elements[start:], pool.elements[:start]), func(pe wire.PoolElement) bool {
		return pe.ID == self || pool.hasFailed(e.now, e.cfg.StaleTimeout, pe.ID)
	})
	var out []wire.PoolElement
	choice := policy.NewChoice(pool.policy.Type, others)
	for len(out) < maxCard {
		i, ok := choice.Next(e.cfg.Rand)
		if !ok {
			break
		}
		out = append(out, others[i])
		choice.Failed(i)
	}
	return out
}

// businessCard takes the order in which the other end wants to be replaced. Its
// pool is asked for where the cache does not have it (RFC 5352 section 3.9 BC1),
// or has only a part of it without those named. Of a long order the first few
// count: they will do.
func (e *Endpoint) businessCard(c *channel, m asap.BusinessCard) {
	order := make([]wire.PEIdentifier, min(len(m.Elements), backups))
	for i := range order {
		order[i] = m.Elements[i].ID
	}
	if s, ok := c.owner.(*session); ok && s.handle == m.Handle {
		s.order = order
	} else {
		e.peers.orders.set(m.Handle, order)
	}
	if c.card.asking {
		return
	}
	c.card.asking = true
	id := c.id
	pool, known := e.cache.Get(m.Handle)
	part := known && len(pool.elements) > 0 && len(pool.elements) >= int(pool.items) &&
		slices.ContainsFunc(order, func(id wire.PEIdentifier) bool { return pool.index(id) < 0 })
	e.lookup(m.Handle, part, func(*cached, error) {
		if c, ok := e.peers.channels[id]; ok {
			c.card.asking = false
		}
	})
}
