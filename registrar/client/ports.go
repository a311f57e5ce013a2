package client

import (
	"context"
	"errors"
	"sync"
	"time"

	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
)

// connectTimeout bounds an attempt to reach an element: the first packet may be
// lost once, and there are other elements to try.
const connectTimeout = 3 * time.Second

// ports are the SCTP ports that connections to elements leave from. There is one
// association between two ports, so a second one to the same element takes
// another port.
type ports struct {
	transport transport.Transport
	config    transport.Config
	// maxSessions is of what listens.
	maxSessions int

	mu   sync.Mutex
	list []*port
}

// port is bound while somebody uses it.
type port struct {
	transport.Listener
	users int
}

func newPorts(cfg Config) *ports {
	p := &ports{transport: cfg.Transport, maxSessions: cfg.MaxSessions, config: transport.Config{
		Local:     transport.Address{Addrs: cfg.Local.Addrs},
		Heartbeat: cfg.Heartbeat, MaxMissed: maxMissed, MaxAssociations: DefaultMaxSessions,
		HandshakeTimeout: connectTimeout,
		MaxHalfOpen:      1, // nobody is expected
	}}
	if cfg.stream() {
		p.transport = udp.New()
	}
	return p
}

// listen binds an element's Listener. full hears of users that are refused.
func (p *ports) listen(local transport.Address, full func(halfOpen bool)) (transport.Listener, error) {
	config := p.config
	config.MaxAssociations, config.Full = p.maxSessions, full
	config.Local, config.HandshakeTimeout, config.MaxHalfOpen = local, 0, 0
	return p.transport.Listen(config)
}

// dial opens an association. release is called when it has ended.
func (p *ports) dial(ctx context.Context, to transport.Address) (a transport.Association, release func(), err error) {
	for i := 0; ; i++ {
		port, err := p.take(i)
		if err != nil {
			return nil, nil, err
		}
		release := func() { p.release(port) }
		a, err := port.Dial(ctx, to)
		if err == nil {
			return a, release, nil
		}
		release()
		if !errors.Is(err, transport.ErrExists) {
			return nil, nil, err
		}
	}
}

// take gives the i-th port; one more than there are is new.
func (p *ports) take(i int) (*port, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i >= len(p.list) {
		l, err := p.transport.Listen(p.config)
		if err != nil {
			return nil, localError{err}
		}
		i = len(p.list)
		p.list = append(p.list, &port{Listener: l})
	}
	p.list[i].users++
	return p.list[i], nil
}

func (p *ports) release(unused *port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if unused.users--; unused.users > 0 {
		return
	}
	for i, l := range p.list {
		if l == unused {
			p.list = append(p.list[:i], p.list[i+1:]...)
			l.Close() // nothing uses it any more
			return
		}
	}
}
