package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"rserpool/registrar/node"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// serverID reads --id; without one it draws an ID at random (RFC 5353 section
// 3.2.1).
func serverID(text string) (wire.ServerID, error) {
	if text == "" {
		return wire.ServerID(1 + rand.Uint32N(1<<32-1)), nil
	}
	id, err := wire.ParseID(text)
	if err == nil && id == 0 {
		err = errors.New("0 is nobody's ID")
	}
	if err != nil {
		return 0, fmt.Errorf("--id: %w", err)
	}
	return wire.ServerID(id), nil
}

// callable reports whether one host can be called at an address.
func callable(a transport.Address) bool {
	return a.Port != 0 && len(a.Addrs) > 0 && !slices.ContainsFunc(a.Addrs, func(ip netip.Addr) bool {
		return ip.IsUnspecified() || ip.IsMulticast()
	})
}

func addresses(flag string, texts []string) ([]transport.Address, error) {
	list := make([]transport.Address, len(texts))
	var errs []error
	for i, text := range texts {
		var err error
		if list[i], err = transport.ParseAddress(text); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	return list, errors.Join(errs...)
}

// streamAddresses reads --asap-tcp. Without it, it gives the hosts and port of
// --asap, or nothing where plain users would only be turned away.
func (o *serveOptions) streamAddresses(asap []transport.Address) ([]transport.Address, error) {
	switch {
	case o.asapTCP == "off", o.asapTCP == "" && o.secured() && !o.plainUsers:
		return nil, nil
	case o.asapTCP != "":
		return streamAddress(node.PortASAPStream, o.asapTCP)
	}
	var list []transport.Address
	for _, a := range asap {
		a.UDPPort = 0
		if !slices.ContainsFunc(list, func(b transport.Address) bool { return slices.Equal(a.Addrs, b.Addrs) }) {
			list = append(list, a)
		}
	}
	return list, nil
}

// streamAddress reads an address of TCP.
func streamAddress(flag, text string) ([]transport.Address, error) {
	list, err := addresses(flag, []string{text})
	if err == nil && hasUDPPort(list[0]) {
		err = fmt.Errorf("--%s %s: TCP has no UDP port; leave out the part from @ on", flag, text)
	}
	return list, err
}

func hasUDPPort(a transport.Address) bool { return a.UDPPort != 0 }
