package client

import (
	"context"
	"errors"

	"rserpool/registrar/wire"
)

// Register registers an element with the registrar on this host, by a Client of
// its own, which the Registration's Close closes too. Elements that serve over
// SCTP need a Client: see Client.Listen.
func Register(ctx context.Context, e Element) (*Registration, error) {
	c, err := Open(Config{})
	if err != nil {
		return nil, err
	}
	r, err := c.Register(ctx, e)
	if err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	r.owned = true
	return r, nil
}

// Dial opens a session with a pool, found by the registrar on this host, by a
// Client of its own, which the Session's Close closes too.
func Dial(ctx context.Context, pool wire.PoolHandle, opts ...DialOption) (*Session, error) {
	c, err := Open(Config{})
	if err != nil {
		return nil, err
	}
	s, err := c.Dial(ctx, pool, opts...)
	if err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	s.owned = true
	return s, nil
}
