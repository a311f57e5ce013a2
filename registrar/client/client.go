package client

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/announce"
	"rserpool/registrar/wire"
)

const (
	// shutdownTimeout bounds the end of an association in good order.
	shutdownTimeout = 2 * time.Second
	// maxAssociations leaves room for every registrar of a large scope to send
	// keep-alives over an association of its own.
	maxAssociations = 256
)

// Home is the home registrar.
type Home struct {
	// Address is zero while there is none.
	Address endpoint.Address
	// Server is 0 until a keep-alive told it: no response does.
	Server wire.ServerID
}

// Client is one ASAP endpoint. All methods may be called concurrently.
type Client struct {
	log      *slog.Logger
	listener transport.Listener
	// ports are where SCTP connections to elements leave from, and make Listeners.
	ports    *ports
	received func(Data)
	groups   []*announce.Group
	inbox    chan func()
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	// others counts every goroutine but run.
	others sync.WaitGroup
	// changes of policies wait here.
	changes changes

	// The rest belongs to the goroutine of run.
	endpoint *endpoint.Endpoint
	// events are those of a Step under way: they come after its effects.
	events   []endpoint.Event
	stepping bool
	home     Home
	// settled: there has been a home. Before, whoever waits for one is told.
	settled  bool
	noServer *endpoint.NoServerError
	links    map[endpoint.AssociationID]*link
	dials    map[endpoint.DialID]context.CancelFunc
	elements map[endpoint.ElementID]*Registration
	requests map[endpoint.RequestID]chan<- endpoint.Resolved
	watched  map[wire.PoolHandle]*watched
	connects map[endpoint.ConnectID]context.CancelFunc
	channels map[endpoint.ChannelID]*channel
	sessions map[endpoint.SessionID]*Session
	messages map[endpoint.MessageID]*message
	open     map[*Listener]struct{}
	// last are the IDs given last.
	last struct {
		association endpoint.AssociationID
		element     endpoint.ElementID
		request     endpoint.RequestID
		channel     endpoint.ChannelID
		session     endpoint.SessionID
		message     endpoint.MessageID
	}
	// left is closed when no element is left, once a Close waits for that.
	left chan error
}

// Open binds the listener and begins the server hunt. It does not wait for a
// registrar: Register, Dial and Resolve do.
func Open(cfg Config) (*Client, error) {
	cfg = cfg.defaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	machine, err := endpoint.New(cfg.endpoint())
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	listener, err := cfg.Transport.Listen(transport.Config{Local: cfg.Local, MaxAssociations: maxAssociations})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	groups, err := join(cfg.Announcements, listener)
	if err != nil {
		listener.Close() // the other error tells more
		return nil, fmt.Errorf("client: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{
		log: cfg.Log, listener: listener, inbox: make(chan func()),
		ports: newPorts(cfg), received: cfg.Received, groups: groups,
		ctx: ctx, cancel: cancel, done: make(chan struct{}),
		changes:  changes{wake: make(chan struct{}, 1)},
		endpoint: machine,
		links:    make(map[endpoint.AssociationID]*link),
		dials:    make(map[endpoint.DialID]context.CancelFunc),
		elements: make(map[endpoint.ElementID]*Registration),
		requests: make(map[endpoint.RequestID]chan<- endpoint.Resolved),
		watched:  make(map[wire.PoolHandle]*watched),
		connects: make(map[endpoint.ConnectID]context.CancelFunc),
		channels: make(map[endpoint.ChannelID]*channel),
		sessions: make(map[endpoint.SessionID]*Session),
		messages: make(map[endpoint.MessageID]*message),
		open:     make(map[*Listener]struct{}),
	}
	c.others.Go(c.accept)
	for _, g := range groups {
		c.others.Go(func() { c.hear(g) })
	}
	go c.run()
	return c, nil
}

// Addrs lists the addresses of the ASAP endpoint with its SCTP port.
func (c *Client) Addrs() []netip.AddrPort { return c.listener.Addrs() }

// Close deregisters every element, waits for the answers until ctx ends, and
// ends all sessions, connections and associations. The second Close does nothing.
func (c *Client) Close(ctx context.Context) error {
	left := make(chan error, 1)
	if !c.post(func() { c.leave(left) }) {
		<-c.done
		return nil
	}
	var err error
	select {
	case err = <-left:
	case <-ctx.Done():
		err = fmt.Errorf("client: elements are left to expire: %w", ctx.Err())
	case <-c.ctx.Done():
	}
	c.cancel()
	<-c.done
	return err
}

func (c *Client) leave(left chan error) {
	c.left = left
	for id := range c.elements {
		c.step(endpoint.Deregister{Element: id})
	}
	if len(c.elements) == 0 {
		c.allLeft(nil)
	} else if c.noServer != nil {
		c.noServerFound(c.noServer)
	}
}

// allLeft tells the Close that waits, if any.
func (c *Client) allLeft(err error) {
	if c.left != nil {
		c.left <- err
		c.left = nil
	}
}

// end leaves nothing running.
func (c *Client) end() {
	for _, cancel := range c.dials {
		cancel()
	}
	for _, cancel := range c.connects {
		cancel()
	}
	for l := range c.open {
		l.leave() // before channels end: who looks then shall not find the element alive
	}
	for _, g := range c.groups {
		g.Close() // nothing of it is needed any more
	}
	for _, s := range c.sessions {
		s.fail(ErrClosed)
	}
	for _, ch := range c.channels {
		ch.close()
	}
	for _, l := range c.links {
		l.end(false)
	}
	late := time.AfterFunc(shutdownTimeout, func() {
		for _, l := range c.links {
			l.association.Abort("shutdown took too long")
		}
	})
	for _, l := range c.links {
		<-l.ended
	}
	late.Stop()
	for _, ch := range c.channels {
		<-ch.ended
	}
	for l := range c.open {
		l.shut()
	}
	if err := c.listener.Close(); err != nil {
		c.log.Warn("cannot close the listener", slog.Any("error", err))
	}
	c.others.Wait()
}
