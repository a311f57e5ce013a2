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

// Resolve asks for at most items elements of a pool; 0 leaves the number to the
// registrar. An unknown pool is a *endpoint.RefusedError that Has cause
// wire.CauseUnknownPoolHandle.
func (c *Client) Resolve(ctx context.Context, pool wire.PoolHandle, items uint32) (Resolution, error) {
	answer := make(chan endpoint.Resolved, 1)
	var id endpoint.RequestID
	err := c.call(ctx, func() {
		c.request++
		id = c.request
		c.requests[id] = answer
		c.step(endpoint.Resolve{Request: id, Handle: pool, Items: items})
	})
	if err != nil {
		return Resolution{}, err
	}
	var res endpoint.Resolved
	select {
	case res = <-answer:
	case <-ctx.Done():
		c.post(func() {
			delete(c.requests, id)
			c.step(endpoint.Cancel{Request: id})
		})
		res.Err = ctx.Err()
	case <-c.ctx.Done():
		return Resolution{}, ErrClosed
	}
	if res.Err != nil {
		return Resolution{}, fmt.Errorf("client: resolve pool %q: %w", pool, res.Err)
	}
	return Resolution{Policy: res.Policy, Elements: res.Elements}, nil
}
