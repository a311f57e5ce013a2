package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/wire"
)

// PEHandle names a pool element (RFC 5352 section 6.5.3).
type PEHandle struct {
	Pool wire.PoolHandle
	// ID 0 is none, or any: see where it is used.
	ID wire.PEIdentifier
}

// String gives POOL/ID.
func (h PEHandle) String() string { return fmt.Sprintf("%s/%v", string(h.Pool), h.ID) }

// Failover is a change of a session's element.
type Failover struct {
	From, To PEHandle
	// Reason is why From was left.
	Reason string
	// Conn is To. What is written to it comes before what is written to the
	// Session from now on: here is the place to log in again, or to repeat what was
	// lost. It is of no use after the callback.
	Conn io.Writer
}

// DialOption changes what Dial does.
type DialOption func(*Session, *endpoint.OpenSession) error

// OnFailover calls f at every failover, before any data flows to or from the new
// element (RFC 5355 section 2.9), and one call at a time. f must not call Read or
// Write of the Session, which wait for it.
func OnFailover(f func(Failover)) DialOption {
	return func(s *Session, _ *endpoint.OpenSession) error {
		s.onFailover = f
		return nil
	}
}

// Prefer begins with this element, if the pool has it.
func Prefer(id wire.PEIdentifier) DialOption {
	return func(_ *Session, o *endpoint.OpenSession) error {
		o.Prefer = id
		return nil
	}
}

// As makes an element of the same Client the user: the other end gets its
// business card, that it may fail over, too (RFC 5352 section 3.9).
func As(r *Registration) DialOption {
	return func(s *Session, o *endpoint.OpenSession) error {
		if r.client != s.client {
			return errors.New("the element to be the user is of another Client")
		}
		o.As = r.number
		return nil
	}
}

// Dial opens a session with an element of a pool, which the pool's policy
// chooses. It returns when the first element is reached; ctx bounds only that.
//
// It fails with endpoint.ErrUnknownPool where there is no such pool, with a
// *endpoint.NoElementError where none of its elements can be reached, and with a
// *endpoint.NoServerError or endpoint.ErrTimeout where no registrar answers.
func (c *Client) Dial(ctx context.Context, pool wire.PoolHandle, opts ...DialOption) (*Session, error) {
	s := &Session{
		flow: newFlow(), client: c, pool: pool,
		first: make(chan error, 1), changed: make(chan struct{}),
	}
	ev := endpoint.OpenSession{Handle: pool}
	for _, opt := range opts {
		if err := opt(s, &ev); err != nil {
			return nil, fmt.Errorf("client: dial pool %q: %w", pool, err)
		}
	}
	err := c.call(ctx, func() {
		c.last.session++
		s.id = c.last.session
		ev.Session = s.id
		c.sessions[s.id] = s
		c.step(ev)
	})
	if err != nil {
		return nil, err
	}
	select {
	case err = <-s.first:
	case <-ctx.Done():
		err = fmt.Errorf("client: dial pool %q: %w", pool, ctx.Err())
	case <-c.done:
		err = ErrClosed
	}
	if err != nil {
		s.Close() // the other error tells more
		return nil, err
	}
	return s, nil
}
