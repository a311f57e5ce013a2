package client

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

const (
	// shutdownTimeout bounds the end of an association in good order.
	shutdownTimeout = 2 * time.Second
	// maxAssociations leaves room for every registrar of a large scope to send
	// keep-alives over an association of its own.
	maxAssociations = 256
)

// ErrClosed is returned by what is called on, or waits for, a closed Client.
var ErrClosed = errors.New("client: closed")

// Config is what Open needs.
type Config struct {
	// Registrars is the list to look for a home in.
	Registrars []transport.Address
	// Transport makes the one listener.
	Transport transport.Transport
	// Local is the endpoint to bind; the zero value is a free port of the
	// wildcard. Registrars send keep-alives there.
	Local transport.Address
	// Log gets what happens to the home; nil discards it.
	Log *slog.Logger
}

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
	inbox    chan func()
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	// others counts every goroutine but run.
	others sync.WaitGroup

	// The rest belongs to the goroutine of run.
	endpoint *endpoint.Endpoint
	home     Home
	// settled: there has been a home. Before, whoever waits for one is told.
	settled  bool
	noServer *endpoint.NoServerError
	links    map[endpoint.AssociationID]*link
	dials    map[endpoint.DialID]context.CancelFunc
	elements map[endpoint.ElementID]*Registration
	requests map[endpoint.RequestID]chan<- endpoint.Resolved
	// The IDs given last.
	association endpoint.AssociationID
	element     endpoint.ElementID
	request     endpoint.RequestID
	// left is closed when no element is left, once a Close waits for that.
	left chan error
}

// Open binds the listener and begins the server hunt. It does not wait for a
// registrar: Register and Resolve do.
func Open(cfg Config) (*Client, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	var seed [32]byte
	crand.Read(seed[:])
	config := endpoint.DefaultConfig()
	config.Rand = rand.New(rand.NewChaCha8(seed))
	for _, a := range cfg.Registrars {
		config.Servers = append(config.Servers, endpoint.Address(a))
	}
	machine, err := endpoint.New(config)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	listener, err := cfg.Transport.Listen(transport.Config{Local: cfg.Local, MaxAssociations: maxAssociations})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{
		log: cfg.Log, listener: listener, inbox: make(chan func()),
		ctx: ctx, cancel: cancel, done: make(chan struct{}),
		endpoint: machine,
		links:    make(map[endpoint.AssociationID]*link),
		dials:    make(map[endpoint.DialID]context.CancelFunc),
		elements: make(map[endpoint.ElementID]*Registration),
		requests: make(map[endpoint.RequestID]chan<- endpoint.Resolved),
	}
	c.others.Go(c.accept)
	go c.run()
	return c, nil
}

// Addrs lists the addresses of the ASAP endpoint with its SCTP port.
func (c *Client) Addrs() []netip.AddrPort { return c.listener.Addrs() }

// run is the one goroutine that knows the endpoint.
func (c *Client) run() {
	defer close(c.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	c.step(endpoint.Start{})
	for {
		timer.Stop()
		if at, ok := c.endpoint.Deadline(); ok {
			timer.Reset(time.Until(at))
		}
		select {
		case f := <-c.inbox:
			f()
		case <-timer.C:
			c.step(endpoint.Tick{})
		case <-c.ctx.Done():
			c.end()
			return
		}
	}
}

// post hands f to run; false means that the client is closed.
func (c *Client) post(f func()) bool {
	select {
	case c.inbox <- f:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// call hands f to run on behalf of a caller that waits with ctx.
func (c *Client) call(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.post(f) {
		return ErrClosed
	}
	return nil
}

// step feeds the endpoint and does what it asks for.
func (c *Client) step(ev endpoint.Event) {
	for _, effect := range c.endpoint.Step(time.Now(), ev) {
		c.perform(effect)
	}
}

func (c *Client) perform(effect endpoint.Effect) {
	switch f := effect.(type) {
	case endpoint.Send:
		if l := c.links[f.Association]; l != nil {
			l.send(f.Data)
		}
	case endpoint.Dial:
		c.dial(f)
	case endpoint.CancelDial:
		if cancel := c.dials[f.ID]; cancel != nil {
			cancel()
		}
	case endpoint.Disconnect:
		if l := c.links[f.Association]; l != nil {
			l.end(f.Abort)
		}
	case endpoint.HomeChanged:
		c.homeChanged(f)
	case endpoint.NoServer:
		c.noServerFound(f.Err)
	case endpoint.ErrorReceived:
		c.log.Warn("registrar reports an error", slog.String("causes", endpoint.Describe(f.Causes)))
	case endpoint.Reported:
		c.reported(f)
	case endpoint.Resolved:
		c.requests[f.Request] <- f // has room for its one answer
		delete(c.requests, f.Request)
	}
}

func (c *Client) homeChanged(f endpoint.HomeChanged) {
	c.home = Home{Address: f.Remote, Server: f.Server}
	if f.Association == 0 {
		c.log.Warn("home registrar lost", slog.String("reason", f.Reason))
		return
	}
	c.noServer = nil
	attrs := []any{slog.String("address", f.Remote.String())}
	if f.Server != 0 {
		attrs = append(attrs, slog.String("id", f.Server.String()))
	}
	level := slog.LevelInfo
	if !c.settled {
		c.settled, level = true, slog.LevelDebug
	}
	c.log.Log(c.ctx, level, "home registrar", attrs...)
}

// noServerFound fails what never had a registrar; the rest waits on.
func (c *Client) noServerFound(err *endpoint.NoServerError) {
	c.noServer = err
	level := slog.LevelWarn
	if !c.settled {
		level = slog.LevelDebug
	}
	c.log.Log(c.ctx, level, "no registrar reached", slog.Any("error", err))
	for _, r := range c.elements {
		if !r.known {
			r.answer(err)
		}
	}
	if c.left != nil {
		c.allLeft(fmt.Errorf("client: %d elements are left to expire: %w", len(c.elements), err))
	}
}

// Close deregisters every element, waits for the answers until ctx ends, and
// ends all associations. The second Close does nothing.
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
	if err := c.listener.Close(); err != nil {
		c.log.Warn("cannot close the listener", slog.Any("error", err))
	}
	c.others.Wait()
}
