package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"rserpool/registrar/client"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
	"rserpool/registrar/wire"
)

// The plan of an element of the demo: slow enough to follow by eye, fast
// enough that something happens every few seconds.
const (
	demoFirstJoin  = 4 * time.Second
	demoLeastStay  = 20 * time.Second
	demoMostStay   = 2 * time.Minute
	demoLeastPause = 5 * time.Second
	demoMostPause  = 20 * time.Second
	demoLoadChange = 4 * time.Second
	// demoCrashes: one end in so many is without a word.
	demoCrashes = 3
	demoLife    = wire.RegistrationLife(60)
	// demoGoodbye bounds the end in good order.
	demoGoodbye = 2 * time.Second
)

// demoElement joins a pool, leaves it and comes back, until it is told to end.
type demoElement struct {
	pool       wire.PoolHandle
	policy     wire.Policy
	id         wire.PEIdentifier
	registrars []transport.Address
	rand       *rand.Rand
	log        *slog.Logger
}

// newDemoElement makes an element; the policy is one of demoElements.
func newDemoElement(pool, spec string, r *rand.Rand) (*demoElement, error) {
	p, err := policy.Parse(spec)
	if err != nil {
		return nil, err
	}
	return &demoElement{pool: wire.PoolHandle(pool), policy: p, id: wire.PEIdentifier(1 + r.Uint32N(1<<32-1)), rand: r}, nil
}

// run lives one stay after the other until ctx ends.
func (e *demoElement) run(ctx context.Context) {
	pause := between(e.rand, 0, demoFirstJoin)
	for sleep(ctx, pause) {
		if err := e.stay(ctx); err != nil && ctx.Err() == nil {
			e.tell(slog.LevelWarn, err)
		}
		pause = between(e.rand, demoLeastPause, demoMostPause)
	}
}

// stay is one time in the pool, with a service that answers.
func (e *demoElement) stay(ctx context.Context) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", netip.AddrPortFrom(loopback.Addrs[0], 0).String())
	if err != nil {
		return err
	}
	service := newServer(l, defaultSessions, e.log, echo)
	defer service.close()
	c, err := client.Open(client.Config{Registrars: e.registrars, Transport: udp.New(), Local: loopback})
	if err != nil {
		return err
	}
	defer e.goodbye(ctx, c)
	at := service.listener.Addr().(*net.TCPAddr).AddrPort()
	r, err := c.Register(ctx, client.Element{
		Pool: e.pool, ID: e.id, Policy: e.policy, Life: demoLife, StayOut: true,
		User: wire.Transport{Type: wire.TypeTCPTransport, Port: at.Port(), Addresses: loopback.Addrs},
	})
	if err != nil {
		return err
	}
	err = e.work(ctx, r)
	if err == nil && ctx.Err() == nil && e.rand.IntN(demoCrashes) == 0 {
		r.Abandon()
	}
	return err
}

// work is the time between joining and leaving; the load of those that have
// one goes up and down.
func (e *demoElement) work(ctx context.Context, r *client.Registration) error {
	p := e.policy
	for left := between(e.rand, demoLeastStay, demoMostStay); left > 0; left -= demoLoadChange {
		if !sleep(ctx, demoLoadChange) {
			return nil
		}
		if p.Type != wire.LeastUsed {
			continue
		}
		p.Load = e.rand.Uint32()
		if err := r.SetPolicy(p); err != nil {
			return err
		}
	}
	return nil
}

// goodbye ends the association, and deregisters what is still registered.
func (e *demoElement) goodbye(ctx context.Context, c *client.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), demoGoodbye)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		e.tell(slog.LevelDebug, err)
	}
}

func (e *demoElement) tell(level slog.Level, err error) {
	e.log.LogAttrs(context.Background(), level, "demo.element",
		slog.String("pool", string(e.pool)), slog.String("element", e.id.String()), slog.Any("error", err))
}

// between draws a time.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// sleep reports whether d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
