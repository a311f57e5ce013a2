package client

import (
	"fmt"
	"sync"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// changes are the elements whose policy data the endpoint is to hear of. Whoever
// changes some only leaves a note here, so that a load that is measured a thousand
// times a second holds nobody up.
type changes struct {
	wake chan struct{} // has room for one

	mu   sync.Mutex
	list []*Registration
}

func (c *changes) add(r *Registration) {
	c.mu.Lock()
	c.list = append(c.list, r)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *changes) take() []*Registration {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// applyChanges is called by the client's goroutine.
func (c *Client) applyChanges() {
	for _, r := range c.changes.take() {
		r.mu.Lock()
		p := r.policy
		r.changed = false
		r.mu.Unlock()
		c.step(endpoint.SetPolicy{Element: r.number, Policy: p})
	}
}

// SetPolicy changes the element's policy data, such as its weight. It does not
// wait: the registrar hears of it soon, at most once a second; the last value
// wins. The policy's type cannot change: it is the pool's.
func (r *Registration) SetPolicy(p wire.Policy) error {
	return r.change(func(old wire.Policy) (wire.Policy, error) {
		if p.Type != old.Type {
			return p, fmt.Errorf("client: policy type %v of an element cannot become %v", old.Type, p.Type)
		}
		return p, nil
	})
}

// SetLoad is SetPolicy for the load alone, a share from 0 to 1; what is beyond is
// taken for the nearer of the two. Policies without a load make it an error.
func (r *Registration) SetLoad(share float64) error {
	return r.change(func(old wire.Policy) (wire.Policy, error) {
		p, ok := policy.WithLoad(old, policy.Load(share))
		if !ok {
			return p, fmt.Errorf("client: policy %s has no load", policy.Name(old.Type))
		}
		return p, nil
	})
}

func (r *Registration) change(f func(old wire.Policy) (wire.Policy, error)) error {
	if r.client.ctx.Err() != nil {
		return ErrClosed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := f(r.policy)
	if err != nil {
		return err
	}
	r.policy = p
	if !r.changed {
		r.changed = true
		r.client.changes.add(r)
	}
	return nil
}
