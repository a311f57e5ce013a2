package udp

import (
	"crypto/rand"
	"net/netip"
)

// nonceSize is too much to guess for who has not received it.
const nonceSize = 8

// target is an address of the peer that heartbeats can go to.
type target struct {
	remote netip.AddrPort
	// nonce is sent to this address only, so that whoever knows it is there.
	nonce [nonceSize]byte
}

// targets are the addresses a peer has named that can stand in for each other:
// those of one family, since the peer knows one address of this end.
type targets struct {
	list []target
	// turn is the one to be probed next.
	turn int
}

// newTargets begins with the path in use. Its UDP port is assumed for the other
// addresses, until they send something (RFC 6951 section 5.1).
func newTargets(path netip.AddrPort, addrs []netip.Addr) targets {
	list := []target{{remote: path}}
	for _, ip := range addrs {
		// What is local to a link or a host is local to another one here.
		if ip.Is4() == path.Addr().Is4() && ip != path.Addr().WithZone("") &&
			!ip.IsLinkLocalUnicast() && ip.IsLoopback() == path.Addr().IsLoopback() {
			list = append(list, target{remote: netip.AddrPortFrom(ip, path.Port())})
		}
	}
	for i := range list {
		rand.Read(list[i].nonce[:])
	}
	return targets{list: list}
}

// heard learns the UDP port of an address from a packet with the right tag
// (RFC 6951 section 5.4).
func (l *targets) heard(remote netip.AddrPort) {
	for i := range l.list {
		if l.list[i].remote.Addr() == remote.Addr() {
			l.list[i].remote = remote
		}
	}
}

// next are the targets of a probe: the path in use, and with others up to
// maxProbes of the rest, in turn.
func (l *targets) next(path netip.AddrPort, others bool) []target {
	var out []target
	for _, t := range l.list {
		if t.remote.Addr() == path.Addr() {
			out = append(out, target{path, t.nonce})
		}
	}
	if !others {
		return out
	}
	for range l.list {
		t := l.list[l.turn%len(l.list)]
		if t.remote.Addr() != path.Addr() {
			if len(out) > maxProbes {
				break
			}
			out = append(out, t)
		}
		l.turn++
	}
	return out
}

// find returns where the heartbeats with a nonce went.
func (l *targets) find(nonce [nonceSize]byte) (netip.AddrPort, bool) {
	for _, t := range l.list {
		if t.nonce == nonce {
			return t.remote, true
		}
	}
	return netip.AddrPort{}, false
}
