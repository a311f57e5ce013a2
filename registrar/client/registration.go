package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// Registration is a registered element. Its client keeps it registered.
type Registration struct {
	client  *Client
	number  endpoint.ElementID
	notify  func(Event)
	stayOut bool
	// first gets the outcome of the registration, gone that of the end.
	first, gone chan error
	// known belongs to the client's goroutine: a registrar has accepted it.
	known bool

	// owned: the client is for this element only.
	owned bool

	mu    sync.Mutex
	state Event
	// policy is the latest; its type is the one the pool has known it with.
	policy wire.Policy
	// changed: the endpoint is to hear of policy.
	changed bool
}

// Register registers an element and waits for the registrar's answer. From then
// on the element stays registered until Close, whatever happens to registrars.
// It fails when the first round of the server hunt reaches nobody.
func (c *Client) Register(ctx context.Context, e Element) (*Registration, error) {
	if err := e.complete(c); err != nil {
		return nil, fmt.Errorf("client: register in pool %q: %w", e.Pool, err)
	}
	r := &Registration{
		client: c, notify: e.Notify, policy: e.Policy, stayOut: e.StayOut,
		first: make(chan error, 1), gone: make(chan error, 1),
	}
	err := c.call(ctx, func() {
		if c.noServer != nil {
			r.answer(c.noServer)
			return
		}
		c.last.element++
		r.number = c.last.element
		c.elements[r.number] = r
		if l, ok := e.Listener.(*Listener); ok {
			l.serve(r.number, e.Pool)
		}
		c.step(endpoint.Register{Element: r.number, Spec: endpoint.Spec{
			Handle: e.Pool, ID: e.ID, Policy: e.Policy, Life: e.Life, Reregister: e.Reregister,
			User: e.User, Persist: true, StayOut: e.StayOut,
		}})
	})
	if err != nil {
		return nil, err
	}
	select {
	case err = <-r.first:
	case <-ctx.Done():
		err = ctx.Err()
	case <-c.ctx.Done():
		return nil, ErrClosed
	}
	if err != nil {
		r.withdraw()
		return nil, fmt.Errorf("client: register in pool %q: %w", e.Pool, err)
	}
	return r, nil
}

// withdraw takes back a registration nobody waits for any more.
func (r *Registration) withdraw() {
	r.client.post(func() {
		r.notify = nil
		r.client.step(endpoint.Deregister{Element: r.number})
	})
}

// answer ends the wait of Register, once.
func (r *Registration) answer(err error) {
	select {
	case r.first <- err:
	default:
	}
}

// reported passes on what the endpoint tells of an element.
func (c *Client) reported(f endpoint.Reported) {
	r := c.elements[f.Element]
	ev := Event{
		Kind: f.Kind, Pool: f.Handle, ID: f.ID, User: f.User, Home: c.home, Causes: f.Causes, Err: f.Err,
	}
	r.mu.Lock()
	r.state = ev
	r.mu.Unlock()
	if r.notify != nil {
		r.notify(ev)
	}
	switch f.Kind {
	case endpoint.Registered:
		r.known = true
		r.answer(nil)
	case endpoint.DeregistrationRefused:
		r.left(f.Err)
		c.allLeft(f.Err)
	case endpoint.Refused, endpoint.Failed, endpoint.Deregistered:
		delete(c.elements, f.Element)
		r.answer(f.Err)
		r.left(f.Err)
	case endpoint.Reregistered, endpoint.Retrying:
	case endpoint.Removed:
		if r.stayOut { // the endpoint has forgotten it
			delete(c.elements, f.Element)
			r.left(nil)
		}
	}
	if len(c.elements) == 0 {
		c.allLeft(nil)
	}
}

// left ends the wait of Close.
func (r *Registration) left(err error) {
	select {
	case r.gone <- err:
	default:
	}
}

// State is the last thing that happened to the element.
func (r *Registration) State() Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Close deregisters the element and waits for the answer until ctx ends. Sessions
// that users have with it go on (RFC 5352 section 3.2).
func (r *Registration) Close(ctx context.Context) error {
	if r.owned {
		return r.client.Close(ctx)
	}
	c := r.client
	err := c.call(ctx, func() {
		if c.elements[r.number] == nil {
			r.left(nil)
			return
		}
		c.step(endpoint.Deregister{Element: r.number})
	})
	if err == nil {
		select {
		case err = <-r.gone:
		case <-ctx.Done():
			err = ctx.Err()
		case <-c.ctx.Done():
			err = ErrClosed
		}
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("client: deregister %v from pool %q: %w", r.State().ID, r.State().Pool, err)
	}
	return err
}

// Abandon drops the element without a word, as a crash would: registrars find
// out by themselves.
func (r *Registration) Abandon() {
	c := r.client
	c.post(func() {
		delete(c.elements, r.number)
		c.step(endpoint.Forget{Element: r.number})
		r.left(nil)
		if len(c.elements) == 0 {
			c.allLeft(nil)
		}
	})
}
