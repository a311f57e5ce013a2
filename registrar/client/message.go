package client

import (
	"bytes"
	"context"
	"fmt"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// Data is what an element has answered to Send or SendTo.
type Data struct {
	// From is the element; zero where it was reached by SendTo.
	From PEHandle
	// Transport is where it serves.
	Transport wire.Transport
	// Data is one message; over TCP, what of the stream has come.
	Data []byte
}

// message is one Send under way.
type message struct {
	data []byte
	done chan endpoint.MessageDone // has room for its one answer
}

// Send sends data to an element of a pool, over a connection that later messages
// share and that ends when it is idle (RFC 5352 sections 6.5.1 and 6.5.3). to.ID
// 0 leaves the choice to the pool's policy. The options are those of section
// 6.5.5, or'ed; endpoint.SendUnordered has an effect over SCTP only.
// Config.Received gets the answers.
//
// It returns when transports have taken the message, and the elements that they
// belong to: with endpoint.SendToAll several. With endpoint.SendFailover an
// element that cannot be reached is replaced by another one; a message may be lost
// then, or carried out twice. The error is that of Dial, or a *SizeError for more
// than 65,536 bytes; who is not among the elements was not sent the message.
func (c *Client) Send(ctx context.Context, to PEHandle, data []byte, options endpoint.SendOptions) ([]PEHandle, error) {
	done, err := c.send(ctx, endpoint.SendMessage{Handle: to.Pool, Element: to.ID, Options: options}, data)
	reached := make([]PEHandle, len(done.Reached))
	for i, id := range done.Reached {
		reached[i] = PEHandle{to.Pool, id}
	}
	if err != nil {
		return reached, fmt.Errorf("client: send to pool %q: %w", to.Pool, err)
	}
	return reached, nil
}

// SendTo sends data to a transport address, without failover and whatever pool it
// belongs to (RFC 5352 section 6.5.4).
func (c *Client) SendTo(ctx context.Context, to wire.Transport, data []byte) error {
	if _, err := c.send(ctx, endpoint.SendMessage{To: to}, data); err != nil {
		return fmt.Errorf("client: send to %v port %d: %w", to.Addresses, to.Port, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, ev endpoint.SendMessage, data []byte) (endpoint.MessageDone, error) {
	switch {
	case len(data) == 0:
		return endpoint.MessageDone{}, transport.ErrEmpty
	case len(data) > transport.MaxMessage:
		return endpoint.MessageDone{}, &SizeError{Size: len(data), Limit: transport.MaxMessage}
	}
	// It may be on its way still when the caller has given up.
	m := &message{data: bytes.Clone(data), done: make(chan endpoint.MessageDone, 1)}
	err := c.call(ctx, func() {
		c.last.message++
		ev.Message = c.last.message
		c.messages[ev.Message] = m
		c.step(ev)
	})
	if err != nil {
		return endpoint.MessageDone{}, err
	}
	select {
	case done := <-m.done:
		return done, done.Err
	case <-ctx.Done():
		c.post(func() {
			delete(c.messages, ev.Message)
			c.step(endpoint.CancelMessage{Message: ev.Message})
		})
		return endpoint.MessageDone{}, ctx.Err()
	case <-c.ctx.Done():
		return endpoint.MessageDone{}, ErrClosed
	}
}

// transmit is called by the client's goroutine. A message that the element's
// transport cannot carry is the caller's mistake, not the element's failure.
func (c *Client) transmit(f endpoint.Transmit) {
	ch, m := c.channels[f.Channel], c.messages[f.Message]
	if ch == nil {
		return
	}
	if m == nil {
		c.step(endpoint.Transmitted{Channel: f.Channel, Message: f.Message})
		return
	}
	if limit := ch.carrier.limit(); limit > 0 && len(m.data) > limit {
		delete(c.messages, f.Message)
		m.done <- endpoint.MessageDone{Err: &SizeError{Size: len(m.data), Limit: limit}}
		c.step(endpoint.Transmitted{Channel: f.Channel, Message: f.Message})
		return
	}
	ch.enqueue(packet{
		Message: transport.Message{PPID: ppidData, Data: m.data, Unordered: f.Unordered}, number: f.Message,
	})
}

// messageDone is called by the client's goroutine.
func (c *Client) messageDone(f endpoint.MessageDone) {
	if m := c.messages[f.Message]; m != nil {
		delete(c.messages, f.Message)
		m.done <- f
	}
}
