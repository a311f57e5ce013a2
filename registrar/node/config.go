package node

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/capture"
	"rserpool/registrar/feed"
	"rserpool/registrar/transport"
)

// DefaultDrainTimeout is how long an end in good order may take: two of the
// transport's retransmissions and some.
const DefaultDrainTimeout = 5 * time.Second

const (
	// inboxLimit bounds the messages that wait for a turn: at their largest they
	// hold 16 MB. Above it, readers wait with what each of them has read, so that nobody
	// crowds the others out.
	inboxLimit = 256
	// postLimit is how many others may wait besides.
	postLimit = 64
	// helping is how many turns who reads messages takes for others at once.
	helping = 4
	// dialLimit bounds the dials under way at once: after a takeover there is one
	// for each element that has no association here.
	dialLimit = 128
	// overtaken is how long an association gets to come in by itself before a dial that it
	// has made superfluous counts as failed.
	overtaken = 50 * time.Millisecond
	// userQueueLimit bounds the bytes that wait for a PE or PU: 16 of the largest
	// messages. While more than a quarter waits, nothing is read from it, and what was
	// read before, ahead at most in the queue and as many behind, has answers that fit.
	userQueueLimit = 16 * transport.MaxMessage
	ahead          = 4
	// slowReader is how long who asks may leave a quarter of that unread.
	slowReader = 5 * time.Second
	// peerQueueLimit bounds the bytes that wait for a registrar, which gets a
	// HANDLE_UPDATE of some 100 bytes for each change of 200,000 elements at once.
	peerQueueLimit = 32 << 20
)

// Config is what Start needs.
type Config struct {
	// Registrar configures the state machine. Start fills its endpoints,
	// peers and announcements from the fields below, and makes Rand if there is
	// none. Its limit of associations holds for each port by itself too, before
	// the handshake, so that a crowd of users does not lock peers out.
	Registrar registrar.Config
	// Transport makes the listeners of SCTP.
	Transport transport.Transport
	// ASAP and ENRP are the local endpoints, each of one SCTP port; several addresses
	// make it multi-homed, and several UDP ports are served at once. Wildcards are
	// advertised as the addresses of this host.
	ASAP, ENRP []transport.Address
	// ASAPStream is the local endpoint of ASAP over TCP, which serves pool users only
	// (RFC 5352 section 2.1); none switches it off.
	ASAPStream []transport.Address
	// ASAPTLS is the local endpoint of ASAP over TLS, which TLS makes (RFC 5352 section
	// 9.2); none switches it off.
	ASAPTLS []transport.Address
	TLS     transport.Transport
	// Peers are the registrars to ask for the scope's others.
	Peers []transport.Address
	// Identify gives what the other end of an association may do, whose identity a
	// transport has verified; false where it is none of the scope. It is called from
	// a turn and must not block. Where it is nil nobody is more than
	// anonymous, so a secured registrar (Registrar.Secured) needs it.
	Identify func(p transport.Peer) (credential registrar.Credential, known bool)
	// AnnounceASAP are the multicast groups that hear of the ASAP endpoint.
	// AnnounceENRP are those by which registrars find each other: they hear of the
	// ENRP endpoint, and are listened to. Of either, those are used that are of a
	// family of the endpoint's addresses, on the interfaces that have these.
	AnnounceASAP, AnnounceENRP []netip.AddrPort
	// AnnounceInterfaces are the names of the interfaces to use for that, of those;
	// nil is all of them. AnnounceTTL is how many hops an announcement may make, 0 is
	// announce.DefaultTTL.
	AnnounceInterfaces []string
	AnnounceTTL        int
	// MaxHalfOpen is how many associations each port has in the handshake; 0 is
	// transport.DefaultMaxHalfOpen.
	MaxHalfOpen int
	// MaxMessages is how many messages of another registrar are read in a second, over one
	// association; 0 is as many as come, which is best where nobody floods: a peer has
	// something to say of each of 100,000 elements at once when it starts, joins, or has
	// taken one over.
	MaxMessages int
	// Publish gets the changes of each batch in the order they happened, and may
	// keep the slice. It is called in a turn, one at a time, and must not block.
	// It may be nil.
	Publish func(at time.Time, changes []feed.Message)
	// Capture gets every message that is sent or received while it is watched; it may
	// be nil.
	Capture *capture.Recorder
	// Log gets what happened; nil discards it.
	Log *slog.Logger
	// DrainTimeout bounds Stop and every other end of an association in good
	// order; 0 is DefaultDrainTimeout.
	DrainTimeout time.Duration
}

// defaults fills what the caller left open and needs no listener.
func (c Config) defaults() Config {
	if c.Registrar.Rand == nil {
		var seed [32]byte
		rand.Read(seed[:])
		c.Registrar.Rand = mathrand.New(mathrand.NewChaCha8(seed))
	}
	if c.Publish == nil {
		c.Publish = func(time.Time, []feed.Message) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxHalfOpen == 0 {
		c.MaxHalfOpen = transport.DefaultMaxHalfOpen
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = DefaultDrainTimeout
	}
	return c
}

// The ports of a node, as ListenError names them.
const (
	PortASAP       = "asap"
	PortASAPStream = "asap-tcp"
	PortASAPTLS    = "asap-tls"
	PortENRP       = "enrp"
)

// ListenError says which of a node's ports could not be opened.
type ListenError struct {
	// Port is PortASAP, PortASAPStream, PortASAPTLS or PortENRP.
	Port    string
	Address transport.Address
	Err     error
}

func (e *ListenError) Error() string {
	return fmt.Sprintf("node: cannot listen for %s on %v: %v", e.Port, e.Address, e.Err)
}

// Unwrap gives the transport's error.
func (e *ListenError) Unwrap() error { return e.Err }

// listen opens the endpoint that the addresses name together, over t.
func (n *Node) listen(t transport.Transport, port string, addresses []transport.Address) (transport.Listener, error) {
	places, err := join(addresses)
	if err == nil {
		var l transport.Listener
		l, err = t.Listen(transport.Config{
			Local: places[0], Also: places[1:], Refused: n.refusedAt(port), Full: n.fullAt(port),
			// Beyond them the registrar chooses who gives way.
			MaxAssociations: n.cfg.Registrar.Limits.Associations + registrar.Leaving, MaxHalfOpen: n.cfg.MaxHalfOpen,
		})
		if err == nil {
			return l, nil
		}
	}
	return nil, &ListenError{port, places[0], err}
}

// join makes one multi-homed endpoint of several addresses: a place for each UDP
// port, all with one SCTP port. There is at least one place, also with an error.
func join(addresses []transport.Address) ([]transport.Address, error) {
	if len(addresses) == 0 {
		return make([]transport.Address, 1), errors.New("no address given")
	}
	var places []transport.Address
	for _, a := range addresses {
		if a.Port != addresses[0].Port {
			return addresses[:1], fmt.Errorf("the addresses of one endpoint have the same port, these do not: %v and %v", addresses[0], a)
		}
		i := slices.IndexFunc(places, func(p transport.Address) bool { return p.UDPPort == a.UDPPort })
		if i < 0 {
			places = append(places, a)
			continue
		}
		for _, whole := range []transport.Address{a, places[i]} {
			if len(whole.Addrs) == 0 {
				return addresses[:1], fmt.Errorf("the wildcard %v is every address already: give it alone", whole)
			}
		}
		places[i].Addrs = slices.Concat(places[i].Addrs, a.Addrs)
	}
	for i := range places {
		places[i].Addrs = transport.NormalizeAddrs(places[i].Addrs)
	}
	return places, nil
}

// advertised is the endpoint that others are told of for l.
func advertised(l transport.Listener, udpPort uint16) (registrar.Endpoint, error) {
	bound := l.Addrs()
	addrs := make([]netip.Addr, len(bound))
	for i, a := range bound {
		addrs[i] = a.Addr()
	}
	addrs, err := transport.LocalAddrs(addrs)
	switch {
	case err != nil:
		return registrar.Endpoint{}, err
	case len(addrs) == 0:
		return registrar.Endpoint{}, errors.New("node: this host has no address to be reached at")
	}
	return registrar.Endpoint{Addrs: addrs, Port: bound[0].Port(), UDPPort: udpPort}, nil
}

func endpointOf(a transport.Address) registrar.Endpoint {
	return registrar.Endpoint{Addrs: slices.Clone(a.Addrs), Port: a.Port, UDPPort: a.UDPPort}
}

func addressOf(e registrar.Endpoint) transport.Address {
	return transport.Address{Addrs: e.Addrs, Port: e.Port, UDPPort: e.UDPPort}
}

func addrPorts(e registrar.Endpoint) []netip.AddrPort {
	out := make([]netip.AddrPort, len(e.Addrs))
	for i, ip := range e.Addrs {
		out[i] = netip.AddrPortFrom(ip, e.Port)
	}
	return out
}
