package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/inbox"
	"rserpool/registrar/wire"
)

// receiveLimit is how many bytes of a channel wait for a Read before the other
// end is held up: four of the largest messages.
const receiveLimit = 4 * transport.MaxMessage

// channel is one connection between a user and an element. One goroutine reads
// it; whoever sends holds the turn and first sends what the client's own
// goroutine, which never waits, has put into the queue.
type channel struct {
	client  *Client
	id      endpoint.ChannelID
	carrier carrier
	control bool
	// peer is the element at the other end, if it is one, and to where it serves.
	peer PEHandle
	to   wire.Transport
	// in is what was received; messages with PPIDASAP are echoed cookies.
	in *inbox.Inbox
	// turn is held by the one that sends.
	turn chan struct{}
	// life ends when the channel has ended or is about to; ended is closed when it
	// has.
	life  context.Context
	kill  context.CancelCauseFunc
	ended chan struct{}

	// The next belong to the client's goroutine. echoed and refused are what the
	// last control message in or out has led to.
	session *Session
	echoed  *endpoint.CookieEchoed
	refused error

	mu      sync.Mutex
	queue   []packet
	size    int
	sending bool
	// closing is set by close; late ends what takes too long then.
	closing bool
	late    *time.Timer
}

func newChannel(c *Client, carrier carrier, control bool) *channel {
	ch := &channel{
		client: c, carrier: carrier, control: control,
		in: inbox.New(receiveLimit), turn: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	ch.life, ch.kill = context.WithCancelCause(context.Background())
	return ch
}

// channelUp makes a channel known, which up tells the rest of; what it is for is
// known after that.
func (c *Client) channelUp(ch *channel, up endpoint.ChannelUp) {
	c.last.channel++
	ch.id = c.last.channel
	c.channels[ch.id] = ch
	up.Channel, up.Control = ch.id, ch.control
	c.step(up)
	deliver := ch.put
	if up.Connect != 0 && ch.session == nil {
		deliver = func(m transport.Message) {
			c.received(Data{From: ch.peer, Transport: ch.to, Data: m.Data})
		}
	}
	c.others.Go(func() { ch.read(deliver) })
}

// read is the goroutine of the channel, until its end.
func (ch *channel) read(deliver func(transport.Message)) {
	for {
		m, err := ch.carrier.recv()
		switch {
		case err != nil:
			ch.end(err)
			return
		case m.PPID != transport.PPIDASAP:
			deliver(m)
		case ch.control:
			ch.controlReceived(m.Data)
		}
	}
}

// controlReceived waits until the endpoint has seen the message: what it means is
// known before later data is read.
func (ch *channel) controlReceived(data []byte) {
	var echoed *endpoint.CookieEchoed
	ch.client.do(func() {
		ch.client.step(endpoint.ControlReceived{Channel: ch.id, Data: data})
		echoed, ch.echoed = ch.echoed, nil
	})
	if echoed == nil {
		return
	}
	m := transport.Message{PPID: transport.PPIDASAP, Data: []byte(echoed.State)}
	if echoed.Err != nil {
		m.Data = nil
	}
	ch.put(m)
}

// put queues m for Read, and waits for room while the connection is up.
func (ch *channel) put(m transport.Message) {
	ch.mu.Lock()
	unread := ch.closing
	ch.mu.Unlock()
	if unread || ch.in.TryPut(m) || ch.carrier.lossy() {
		return
	}
	watch := make(chan struct{})
	defer close(watch)
	go func() {
		select {
		case <-ch.carrier.done():
		case <-ch.life.Done():
		case <-watch:
			return
		}
		ch.in.Flush() // the end comes behind what has arrived before
	}()
	ch.in.Put(context.Background(), m) //nolint:errcheck // it is ended by this goroutine only
}

// end is what the reader does last.
func (ch *channel) end(err error) {
	if ch.life.Err() == nil {
		ch.kill(describe(err))
	}
	ch.carrier.abort("the other end has ended it")
	ch.client.post(func() {
		delete(ch.client.channels, ch.id)
		why := context.Cause(ch.life)
		ch.client.step(endpoint.ChannelDown{Channel: ch.id, Reason: reason(why), Orderly: errors.Is(why, io.EOF)})
	})
	ch.in.End()
	close(ch.ended)
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.late != nil {
		ch.late.Stop()
	}
}

// errPeerClosed is an end in good order.
var errPeerClosed = fmt.Errorf("closed by the other end: %w", io.EOF)

// describe says why a connection has ended.
func describe(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, transport.ErrShutdown) {
		return errPeerClosed
	}
	return err
}

// endedWith is what Read returns after the end: io.EOF where it was in good order.
func (ch *channel) endedWith() error {
	if err := context.Cause(ch.life); !errors.Is(err, io.EOF) {
		return fmt.Errorf("client: connection has ended: %w", err)
	}
	return io.EOF
}

// fail ends the channel at once. The first reason stays.
func (ch *channel) fail(err error) {
	ch.kill(err)
	ch.carrier.abort(err.Error())
}
