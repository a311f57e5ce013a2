package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// The plan of a user of the demo: it always has a session, and asks as often as a
// person would.
const (
	demoLeastSession = 10 * time.Second
	demoMostSession  = 40 * time.Second
	demoLeastRequest = 200 * time.Millisecond
	demoMostRequest  = 2 * time.Second
	// demoAnswer is how long an answer may take, failures of elements included.
	demoAnswer = 5 * time.Second
)

// demoUser has one session with a pool after the other, until it is told to end.
type demoUser struct {
	pool       wire.PoolHandle
	registrars []transport.Address
	rand       *rand.Rand
	log        *slog.Logger
}

func (u *demoUser) run(ctx context.Context) {
	c, err := client.Open(client.Config{Registrars: u.registrars, Local: loopback})
	if err != nil {
		u.log.Warn("demo.user", slog.String("pool", string(u.pool)), slog.Any("error", err))
		return
	}
	for sleep(ctx, between(u.rand, demoLeastRequest, demoMostRequest)) {
		if err := u.session(ctx, c); err != nil && ctx.Err() == nil { // the pool may be empty just now
			u.log.Debug("demo.user", slog.String("pool", string(u.pool)), slog.Any("error", err))
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), demoGoodbye)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		u.log.Debug("demo.user", slog.String("pool", string(u.pool)), slog.Any("error", err))
	}
}

// session sends lines to an echo server of the pool, whichever it is, and reads
// them again.
func (u *demoUser) session(ctx context.Context, c *client.Client) error {
	s, err := c.Dial(ctx, u.pool)
	if err != nil {
		return err
	}
	defer s.Close()
	answer := make([]byte, readSize)
	for left := between(u.rand, demoLeastSession, demoMostSession); left > 0; {
		if err := s.SetDeadline(time.Now().Add(demoAnswer)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s, "hello"); err != nil {
			return err
		}
		if _, err := s.Read(answer); err != nil {
			return err
		}
		pause := between(u.rand, demoLeastRequest, demoMostRequest)
		if !sleep(ctx, pause) {
			return nil
		}
		left -= pause
	}
	return nil
}
