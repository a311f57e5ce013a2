package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/announce"
)

// join opens the multicast groups of registrars. Those that no interface here can
// reach are left out where there are others: there may be some of each family.
func join(addrs []netip.AddrPort, listener transport.Listener) (groups []*announce.Group, err error) {
	if len(addrs) == 0 {
		return nil, nil
	}
	defer func() {
		if err != nil {
			for _, g := range groups {
				g.Close() // the error that is returned tells more
			}
			groups = nil
		}
	}()
	var local []netip.Addr
	for _, a := range listener.Addrs() {
		local = append(local, a.Addr())
	}
	if local, err = transport.LocalAddrs(local); err != nil {
		return nil, err
	}
	var unreachable error
	for _, addr := range addrs {
		g, err := announce.Open(announce.Config{Group: addr, Local: local})
		if errors.Is(err, announce.ErrNoInterface) {
			unreachable = err
			continue
		}
		if err != nil {
			return groups, err
		}
		groups = append(groups, g)
		if err := g.Join(transport.Sockets(listener)...); err != nil {
			return groups, err
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("no announcements of registrars can be heard: %w", unreachable)
	}
	return groups, nil
}

// hear reads a group until it is closed. While the client is busy, datagrams are
// lost: announcements come again.
func (c *Client) hear(g *announce.Group) {
	for {
		data, from, err := g.Receive()
		if err != nil {
			if c.ctx.Err() == nil {
				c.log.Warn("announcements are not heard any more", slog.Any("error", err))
			}
			return
		}
		if !c.post(func() { c.step(endpoint.Announced{From: from, Data: data}) }) {
			return
		}
	}
}
