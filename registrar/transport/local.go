package transport

import (
	"fmt"
	"net"
	"net/netip"
)

// LocalAddrs returns the addresses at which peers can reach an endpoint bound
// to bound: a wildcard (no address, 0.0.0.0 or ::) becomes the addresses of
// this host's interfaces, anything else stays as it is. Server Information and
// transport parameters (RFC 5354 sections 3.2 and 3.9) carry these.
func LocalAddrs(bound []netip.Addr) ([]netip.Addr, error) {
	if !isWildcard(bound) {
		return NormalizeAddrs(bound), nil
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("transport: cannot list this host's addresses: %w", err)
	}
	have := make([]netip.Addr, 0, len(interfaces))
	for _, a := range interfaces {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				have = append(have, ip)
			}
		}
	}
	return expand(bound, have), nil
}

func isWildcard(bound []netip.Addr) bool {
	for _, ip := range bound {
		if ip.IsUnspecified() {
			return true
		}
	}
	return len(bound) == 0
}

// expand replaces the wildcards of bound by the addresses of have: global
// unicast, which includes the private ones, and loopback only when there is
// nothing else. Link-local addresses mean nothing on another host.
func expand(bound, have []netip.Addr) []netip.Addr {
	v4, v6 := len(bound) == 0, len(bound) == 0
	var out []netip.Addr
	for _, ip := range bound {
		switch {
		case !ip.IsUnspecified():
			out = append(out, ip)
		case ip.Is4():
			v4 = true
		default: // a socket on :: takes IPv4 as well
			v4, v6 = true, true
		}
	}
	var loopback []netip.Addr
	for _, ip := range NormalizeAddrs(have) {
		if (ip.Is4() && !v4) || (ip.Is6() && !v6) {
			continue
		}
		if ip.IsGlobalUnicast() {
			out = append(out, ip)
		} else if ip.IsLoopback() {
			loopback = append(loopback, ip)
		}
	}
	if len(out) == 0 {
		out = loopback
	}
	return NormalizeAddrs(out)
}
