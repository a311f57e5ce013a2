package client

import (
	"context"
	"fmt"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// Resolution is the answer to a handle resolution.
type Resolution struct {
	// Policy is the pool's; round robin where the registrar named none.
	Policy wire.Policy
	// Elements are in the registrar's order: use the first, keep the others for
	// the case that it fails.
	Elements []wire.PoolElement
}

// Resolve gives at most items elements of a pool; 0 leaves the number to the
// registrar. A pool that was asked for in the last 30 s, or is watched or in use
// by a session, is in the cache: then no registrar is asked (RFC 5352 section 3.3
// C1 to C4), and the choice among its elements goes on from call to call as its
// policy says. The error is endpoint.ErrUnknownPool where there is no such pool,
// else a *endpoint.NoServerError or endpoint.ErrTimeout.
func (c *Client) Resolve(ctx context.Context, pool wire.PoolHandle, items uint32) (Resolution, error) {
	return c.resolve(ctx, endpoint.Resolve{Handle: pool, Items: items})
}

// Refresh is Resolve that asks the registrar whatever the cache knows.
func (c *Client) Refresh(ctx context.Context, pool wire.PoolHandle, items uint32) (Resolution, error) {
	return c.resolve(ctx, endpoint.Resolve{Handle: pool, Items: items, Fresh: true})
}

func (c *Client) resolve(ctx context.Context, ev endpoint.Resolve) (Resolution, error) {
	answer := make(chan endpoint.Resolved, 1)
	err := c.call(ctx, func() {
		c.last.request++
		ev.Request = c.last.request
		c.requests[ev.Request] = answer
		c.step(ev)
	})
	if err != nil {
		return Resolution{}, err
	}
	var res endpoint.Resolved
	select {
	case res = <-answer:
	case <-ctx.Done():
		c.post(func() {
			delete(c.requests, ev.Request)
			c.step(endpoint.Cancel{Request: ev.Request})
		})
		res.Err = ctx.Err()
	case <-c.ctx.Done():
		return Resolution{}, ErrClosed
	}
	if res.Err != nil {
		return Resolution{}, fmt.Errorf("client: resolve pool %q: %w", ev.Handle, res.Err)
	}
	return Resolution{Policy: res.Policy, Elements: res.Elements}, nil
}

// Populate fills the cache with a pool's elements ahead of their use, without
// waiting for them (RFC 5352 section 6.3).
func (c *Client) Populate(pool wire.PoolHandle) error {
	return c.tell(endpoint.Populate{Handle: pool})
}

// Purge removes a pool from the cache: the next Resolve asks the registrar
// (RFC 5352 section 6.4).
func (c *Client) Purge(pool wire.PoolHandle) error { return c.tell(endpoint.Purge{Handle: pool}) }

// ReportFailure tells that an element could not be reached by means of the
// caller's own (RFC 5352 section 6.9.2). The registrar hears of it once, and only
// if the element was given out by this Client.
func (c *Client) ReportFailure(element PEHandle) error {
	return c.tell(endpoint.TransportFailure{Handle: element.Pool, Element: element.ID})
}

// tell hands an event to the endpoint that nothing answers.
func (c *Client) tell(ev endpoint.Event) error {
	if !c.post(func() { c.step(ev) }) {
		return ErrClosed
	}
	return nil
}
