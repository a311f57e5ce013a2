package client

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rserpool/registrar/endpoint"
)

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
		case <-c.changes.wake:
			c.applyChanges()
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

// do hands f to run and waits until it is done; false means that the client is
// closed.
func (c *Client) do(f func()) bool {
	done := make(chan struct{})
	if !c.post(func() { f(); close(done) }) {
		return false
	}
	<-done
	return true
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

// step feeds the endpoint and does what it asks for. From within that, it is
// for later.
func (c *Client) step(ev endpoint.Event) {
	c.events = append(c.events, ev)
	if c.stepping {
		return
	}
	c.stepping = true
	for len(c.events) > 0 {
		ev, c.events = c.events[0], c.events[1:]
		for _, effect := range c.endpoint.Step(time.Now(), ev) {
			c.perform(effect)
		}
	}
	c.events, c.stepping = nil, false
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
		if answer := c.requests[f.Request]; answer != nil {
			answer <- f // has room for it
			delete(c.requests, f.Request)
		}
	default:
		c.performForUser(effect)
	}
}

// performForUser does what is between users and elements.
func (c *Client) performForUser(effect endpoint.Effect) {
	switch f := effect.(type) {
	case endpoint.PoolChanged:
		c.poolChanged(f)
	case endpoint.Connect:
		c.connect(f)
	case endpoint.CancelConnect:
		if cancel := c.connects[f.ID]; cancel != nil {
			cancel()
		}
	case endpoint.CloseChannel:
		if ch := c.channels[f.Channel]; ch != nil {
			ch.close()
		}
	case endpoint.SendControl:
		if ch := c.channels[f.Channel]; ch != nil {
			ch.queueControl(f.Data)
		}
	case endpoint.Transmit:
		c.transmit(f)
	case endpoint.MessageDone:
		c.messageDone(f)
	case endpoint.SessionUp:
		c.sessionUp(f)
	case endpoint.SessionDown:
		if s := c.sessions[f.Session]; s != nil {
			s.down()
		}
	case endpoint.SessionFailed:
		if s := c.sessions[f.Session]; s != nil {
			delete(c.sessions, f.Session)
			s.fail(fmt.Errorf("client: session with pool %q: %w", s.pool, f.Err))
		}
	case endpoint.CookieEchoed:
		if ch := c.channels[f.Channel]; ch != nil {
			ch.echoed = &f
		}
	case endpoint.ControlRefused:
		if ch := c.channels[f.Channel]; ch != nil {
			ch.refused = f.Err
		}
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
