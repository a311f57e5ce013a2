package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
)

// controlLimit bounds the control messages that wait for an end that does not
// read: thousands of cookies.
const controlLimit = 16 << 20

// packet is what the client's own goroutine sends.
type packet struct {
	transport.Message
	number endpoint.MessageID // 0 for a control message
}

// queueControl sends an ASAP message, before whatever is written later.
func (ch *channel) queueControl(data []byte) {
	ch.enqueue(packet{Message: transport.Message{PPID: transport.PPIDASAP, Data: data}})
}

// enqueue never waits. When the end has begun nothing can be sent any more.
func (ch *channel) enqueue(p packet) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.closing || ch.life.Err() != nil {
		return
	}
	ch.queue = append(ch.queue, p)
	if p.number == 0 {
		ch.size += len(p.Data)
	}
	if ch.size > controlLimit {
		ch.client.others.Go(func() { ch.fail(errors.New("the other end does not read")) })
	}
	ch.startSending()
}

// startSending is called with mu held.
func (ch *channel) startSending() {
	if ch.sending {
		return
	}
	ch.sending = true
	ch.client.others.Go(func() {
		if err := ch.take(ch.life); err != nil {
			ch.sent()
			return
		}
		ch.flush(ch.life) // its error is told by the reader
		<-ch.turn
		ch.sent()
	})
}

// sent is what the goroutine that sends does last: it goes on with what has come
// meanwhile, or ends the connection if close was called.
func (ch *channel) sent() {
	ch.mu.Lock()
	ch.sending = false
	if len(ch.queue) > 0 && ch.life.Err() == nil {
		ch.startSending()
		ch.mu.Unlock()
		return
	}
	closing := ch.closing
	ch.mu.Unlock()
	if closing {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		ch.carrier.shutdown(ctx)
		cancel()
	}
}

// close ends the channel after what was sent. It does not wait; ended tells.
func (ch *channel) close() {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.closing {
		return
	}
	ch.closing = true
	ch.in.Flush() // nobody reads any more
	ch.late = time.AfterFunc(shutdownTimeout, func() { ch.fail(errors.New("the end took too long")) })
	ch.startSending()
}

// take waits for the turn to send.
func (ch *channel) take(ctx context.Context) error {
	select {
	case ch.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-ch.life.Done():
		return context.Cause(ch.life)
	}
}

// flush sends the queue, until ctx ends. It is called by whoever has the turn: what
// it leaves is sent by the goroutine that waits for that.
func (ch *channel) flush(ctx context.Context) error {
	for {
		p, ok := ch.first()
		if !ok {
			return context.Cause(ch.life)
		}
		if _, err := ch.carrier.send(ctx, p.Message); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			ch.fail(err)
			return context.Cause(ch.life)
		}
		ch.dropFirst()
		if p.number != 0 {
			ch.client.post(func() {
				ch.client.step(endpoint.Transmitted{Channel: ch.id, Message: p.number})
			})
		}
	}
}

func (ch *channel) first() (packet, bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if len(ch.queue) == 0 {
		return packet{}, false
	}
	return ch.queue[0], true
}

func (ch *channel) dropFirst() {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.queue[0].number == 0 {
		ch.size -= len(ch.queue[0].Data)
	}
	ch.queue[0] = packet{} // let go of the data
	ch.queue = ch.queue[1:]
}

// write sends data after what is queued. It returns the cause of ctx when that
// ends first. Other errors say why the channel has ended, or a *SizeError.
func (ch *channel) write(ctx context.Context, data []byte) (n int, err error) {
	if limit := ch.carrier.limit(); limit > 0 && len(data) > limit {
		return 0, &SizeError{Size: len(data), Limit: limit}
	}
	if err := ch.take(ctx); err != nil {
		return 0, err
	}
	defer func() { <-ch.turn }()
	if err := ch.flush(ctx); err != nil {
		return 0, err
	}
	n, err = ch.carrier.send(ctx, transport.Message{PPID: ppidData, Data: data})
	if err == nil {
		return n, nil
	}
	if ctx.Err() != nil {
		return n, context.Cause(ctx)
	}
	ch.fail(err)
	return n, context.Cause(ch.life)
}

// SizeError says that one Write or Send was too long for a message of the
// element's transport. Write it in parts.
type SizeError struct{ Size, Limit int } // bytes

// Error tells both.
func (e *SizeError) Error() string {
	return fmt.Sprintf("client: message of %d bytes is too long: one has %d bytes at most; write it in parts", e.Size, e.Limit)
}
