package memory

import (
	"fmt"
	"net/netip"
	"sync"

	"rserpool/registrar/transport"
)

// queueLimit is how many bytes wait in each direction, at the sender and again
// at the receiver, before Send blocks: a few messages of the largest size.
const queueLimit = 256 << 10

// firstEphemeral is where port 0 starts to look for a free port (RFC 6335
// section 6).
const firstEphemeral = 49152

// Network connects hosts. Use NewNetwork.
type Network struct {
	mu        sync.Mutex
	hosts     map[netip.Addr]bool
	listeners map[netip.AddrPort]*listener
	// associations holds both ends of each, by their own and the other's address.
	associations map[pair]*association
	cut          map[link]bool
	// identities are what the secured hosts prove.
	identities map[netip.Addr]string
	// changed is closed and replaced when a link is cut or healed.
	changed chan struct{}
}

// pair names one end of an association.
type pair struct{ local, remote netip.AddrPort }

// link names the way between two addresses, the smaller one first.
type link struct{ a, b netip.Addr }

func linkOf(a, b netip.Addr) link {
	if b.Less(a) {
		a, b = b, a
	}
	return link{a, b}
}

// NewNetwork returns a network without hosts, all links up.
func NewNetwork() *Network {
	return &Network{
		hosts:        make(map[netip.Addr]bool),
		listeners:    make(map[netip.AddrPort]*listener),
		associations: make(map[pair]*association),
		cut:          make(map[link]bool),
		identities:   make(map[netip.Addr]string),
		changed:      make(chan struct{}),
	}
}

// Transport makes addr a host of the network and returns its transport.
func (n *Network) Transport(addr netip.Addr) transport.Transport {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr = addr.Unmap()
	n.hosts[addr] = true
	return host{n, addr}
}

// Secure makes a host one of those whose associations with each other are secured
// from now on, and proves an identity to the other end; "" is none.
func (n *Network) Secure(addr netip.Addr, identity string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.identities[addr.Unmap()] = identity
}

// Cut makes the link between a and b drop everything in silence, both ways.
// Associations over it end with ErrLost at the end of their patience, as do
// dials; what is sent meanwhile arrives if Heal comes first.
func (n *Network) Cut(a, b netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := linkOf(a, b)
	if n.cut[l] {
		return
	}
	n.cut[l] = true
	n.wake()
	for _, s := range n.crossing(l) {
		s.startLoss()
	}
}

// Heal undoes Cut.
func (n *Network) Heal(a, b netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := linkOf(a, b)
	if !n.cut[l] {
		return
	}
	delete(n.cut, l)
	n.wake()
	for _, s := range n.crossing(l) {
		s.stopLoss()
		if s.peer.err != nil { // it ended meanwhile and answers with an ABORT
			s.end(fmt.Errorf("%w: the peer has ended it", transport.ErrAborted))
		}
	}
}

// Abort ends all associations between a and b with ErrAborted, at both ends.
func (n *Network) Abort(a, b netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.crossing(linkOf(a, b)) {
		s.end(fmt.Errorf("%w: by the network", transport.ErrAborted))
	}
}

// crossing lists the ends of associations over l. It is called with mu held.
func (n *Network) crossing(l link) []*association {
	var out []*association
	for p, s := range n.associations {
		if linkOf(p.local.Addr(), p.remote.Addr()) == l {
			out = append(out, s)
		}
	}
	return out
}

// wake is called with mu held.
func (n *Network) wake() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// up reports whether the link is up, and what to wait for until it may have
// changed.
func (n *Network) up(l link) (bool, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.cut[l], n.changed
}

// host is the Transport of one address.
type host struct {
	network *Network
	addr    netip.Addr
}

// Name returns "memory".
func (h host) Name() string { return "memory" }

// Listen binds c.Local.Port of the host. The addresses of c.Local are empty,
// unspecified, or the host's own.
func (h host) Listen(c transport.Config) (transport.Listener, error) {
	c = c.Defaults()
	for _, ip := range c.Local.Addrs {
		if ip.Unmap() != h.addr && !ip.IsUnspecified() {
			return nil, fmt.Errorf("transport: listen %v: the host's address is %v", c.Local, h.addr)
		}
	}
	if len(c.Also) > 0 {
		return nil, fmt.Errorf("transport: listen %v: here are no UDP ports to serve besides", c.Local)
	}
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	at := netip.AddrPortFrom(h.addr, c.Local.Port)
	if at.Port() == 0 {
		at = n.freePort(h.addr)
	}
	if !at.IsValid() || n.listeners[at] != nil {
		return nil, fmt.Errorf("transport: listen %v: port is in use on %v", c.Local, h.addr)
	}
	l := newListener(n, at, c)
	n.listeners[at] = l
	return l, nil
}

// freePort is called with mu held; the zero AddrPort means none is free.
func (n *Network) freePort(addr netip.Addr) netip.AddrPort {
	for p := firstEphemeral; p <= 65535; p++ {
		at := netip.AddrPortFrom(addr, uint16(p))
		if n.listeners[at] == nil {
			return at
		}
	}
	return netip.AddrPort{}
}
