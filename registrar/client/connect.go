package client

import (
	"context"
	"errors"
	"fmt"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

var errNoAddress = errors.New("its transport has no address")

// localError is a fault of this side: it says nothing of the element.
type localError struct{ error }

func isLocal(err error) bool {
	_, ok := errors.AsType[localError](err)
	return ok
}

// connect opens a channel to an element in a goroutine of its own.
func (c *Client) connect(f endpoint.Connect) {
	ctx, cancel := context.WithCancel(c.ctx)
	c.connects[f.ID] = cancel
	c.others.Go(func() {
		defer cancel()
		carrier, err := c.reach(ctx, f.To)
		posted := c.post(func() {
			delete(c.connects, f.ID)
			if err != nil {
				c.step(endpoint.ConnectFailed{Connect: f.ID, Reason: reason(err), Local: isLocal(err), Full: errors.Is(err, transport.ErrFull)})
				return
			}
			control := f.To.Type == wire.TypeSCTPTransport && f.To.Use == wire.DataAndControl
			ch := newChannel(c, carrier, control)
			ch.peer, ch.to = PEHandle{f.Handle, f.Element}, f.To
			c.channelUp(ch, endpoint.ChannelUp{Connect: f.ID})
		})
		if !posted && err == nil {
			carrier.abort("client closed")
		}
	})
}

// reach connects to a user transport.
func (c *Client) reach(ctx context.Context, to wire.Transport) (carrier, error) {
	switch to.Type {
	case wire.TypeSCTPTransport:
		a, release, err := c.ports.dial(ctx, transport.Address{Addrs: to.Addresses, Port: to.Port})
		if err != nil {
			return nil, err
		}
		return newSCTP(a, release), nil
	case wire.TypeTCPTransport:
		return dialTCP(ctx, to.Addresses, to.Port)
	case wire.TypeUDPTransport:
		return dialUDP(ctx, to.Addresses, to.Port)
	default:
		return nil, localError{fmt.Errorf("it serves over a %v; only SCTP, TCP and UDP can be used here", to.Type)}
	}
}
