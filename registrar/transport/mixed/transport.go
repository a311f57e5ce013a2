package mixed

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"rserpool/registrar/transport"
)

// portTries is how often a port is looked for that is free in both transports.
const portTries = 16

// Transport is two transports that serve one endpoint. Use Both or Split.
type Transport struct {
	first, second transport.Transport
	split         bool
}

// Both serves every address by each of the two: kernel needs no UDP port and so
// leaves those to encapsulated. An address with a UDP port is encapsulated's
// alone.
func Both(kernel, encapsulated transport.Transport) Transport {
	return Transport{first: kernel, second: encapsulated}
}

// Split serves addresses without a UDP port by one transport, and those with one by
// the other. Calls leave by the first only.
func Split(first, withUDPPort transport.Transport) Transport {
	return Transport{first: first, second: withUDPPort, split: true}
}

// Name lists the names of both.
func (t Transport) Name() string { return t.first.Name() + "+" + t.second.Name() }

// Listen binds what c names; a transport that is left without an address stays
// out of it.
func (t Transport) Listen(c transport.Config) (transport.Listener, error) {
	first, second := t.places(c)
	switch {
	case len(first) == 0:
		return t.second.Listen(with(c, second))
	case len(second) == 0:
		return t.first.Listen(with(c, first))
	}
	for try := 1; ; try++ {
		a, err := t.first.Listen(with(c, first))
		if err != nil {
			return nil, err
		}
		port := a.Addrs()[0].Port()
		b, err := t.second.Listen(with(c, at(second, port)))
		if err == nil {
			return &listener{first: a, second: b, split: t.split}, nil
		}
		err = errors.Join(err, a.Close())
		if c.Local.Port != 0 || try == portTries {
			return nil, fmt.Errorf("%s beside %s: %w", t.second.Name(), t.first.Name(), err)
		}
	}
}

// places divides the addresses of c.
func (t Transport) places(c transport.Config) (first, second []transport.Address) {
	for _, a := range append([]transport.Address{c.Local}, c.Also...) {
		if a.UDPPort == 0 {
			first = append(first, a)
		}
		if a.UDPPort != 0 || !t.split {
			second = append(second, a)
		}
	}
	return first, second
}

func with(c transport.Config, places []transport.Address) transport.Config {
	c.Local, c.Also = places[0], places[1:]
	return c
}

// at gives the places the SCTP port that was found.
func at(places []transport.Address, port uint16) []transport.Address {
	places = slices.Clone(places)
	for i := range places {
		places[i].Port = port
	}
	return places
}

// union merges what both listen on.
func union(a, b []netip.AddrPort) []netip.AddrPort {
	all := slices.Concat(a, b)
	slices.SortFunc(all, netip.AddrPort.Compare)
	return slices.Compact(all)
}
