package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
	"rserpool/registrar/wire"
)

// Conn is a user's connection to an element, as its Listener accepted it. It is a
// net.Conn that keeps messages: one Write is one message of 1 to 65,536 bytes,
// and a Read never goes beyond the end of one. When a message is longer than
// Read's buffer, the next Read gives more of it.
//
// What the user sends waits in a bounded buffer: an element that does not Read
// holds the user up.
type Conn struct {
	*flow
	channel *channel
	once    sync.Once

	mu    sync.Mutex
	state []byte
}

// Read gives data of the user. Where the user has come from another element with
// a cookie, State has its content before the first Read returns with data
// (RFC 5352 section 2.2.12); a cookie with a wrong signature makes one Read fail
// with endpoint.ErrCookie, and the next goes on. After the user has closed the
// connection it is io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	ctx := c.read.context()
	if err := enter(ctx, c.reading); err != nil {
		return 0, err
	}
	defer func() { <-c.reading }()
	if len(b) == 0 {
		return 0, nil
	}
	for {
		if len(c.rest) > 0 {
			return c.copyOut(b, transport.Message{Data: c.rest}), nil
		}
		m, err := c.channel.in.Get(ctx)
		switch {
		case errors.Is(err, inbox.ErrEnded):
			return 0, c.channel.endedWith()
		case err != nil:
			return 0, context.Cause(ctx)
		case m.PPID != transport.PPIDASAP:
			return c.copyOut(b, m), nil
		case m.Data == nil:
			return 0, endpoint.ErrCookie
		}
		c.mu.Lock()
		c.state = m.Data
		c.mu.Unlock()
	}
}

// Write sends b to the user, as one message.
func (c *Conn) Write(b []byte) (int, error) {
	ctx := c.write.context()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if len(b) == 0 {
		return 0, nil
	}
	return c.channel.write(ctx, b)
}

// Close ends the connection, after what was written. It waits two seconds at most.
func (c *Conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		err = nil
		c.close(net.ErrClosed)
		c.channel.client.post(c.channel.close)
		<-c.channel.ended
	})
	return err
}

// LocalAddr is this end's address, an SCTPAddr.
func (c *Conn) LocalAddr() net.Addr { return c.channel.carrier.local() }

// RemoteAddr is the user's address, an SCTPAddr.
func (c *Conn) RemoteAddr() net.Addr { return c.channel.carrier.remote() }

// State is what the user brought along from the element that it had before: what
// that one gave SaveState last. It is nil where there was none so far, and follows
// what Read has returned.
func (c *Conn) State() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// SaveState gives the user the state of the session, signed with
// Config.CookieKey, to bring it to the element that it fails over to (RFC 5352
// section 3.8). It replaces the one before, and is not secret. The error is a
// *SizeError for more than endpoint.MaxState bytes, and tells why the connection
// has ended where there is nobody to give it to.
func (c *Conn) SaveState(state []byte) error {
	if len(state) > endpoint.MaxState {
		return &SizeError{Size: len(state), Limit: endpoint.MaxState}
	}
	return c.tell(endpoint.SendCookie{Channel: c.channel.id, State: string(state)})
}

// SendBusinessCard tells the user in which order to fail over to the other
// elements of the pool (RFC 5352 section 3.9), which the pool's own order is told
// at the beginning. Elements that the pool does not have are left out.
func (c *Conn) SendBusinessCard(order ...wire.PEIdentifier) error {
	return c.tell(endpoint.SendBusinessCard{Channel: c.channel.id, Order: order})
}

// tell makes the endpoint send a control message, unless there is no connection
// any more.
func (c *Conn) tell(ev endpoint.Event) error {
	ch := c.channel
	if err := context.Cause(c.life); err != nil {
		return err
	}
	if err := context.Cause(ch.life); err != nil {
		return err
	}
	var err error
	told := ch.client.do(func() {
		ch.client.step(ev)
		err, ch.refused = ch.refused, nil
	})
	switch {
	case !told:
		return ErrClosed
	case err != nil:
		return fmt.Errorf("client: %w", err)
	}
	return nil
}
