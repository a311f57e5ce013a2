package client

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/netip"
	"time"

	"rserpool/registrar/endpoint"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/udp"
)

const (
	// asapPort is where registrars serve ASAP (RFC 5352 section 8.3).
	asapPort = 3863
	// DefaultHeartbeat finds a silent element in under a second: with maxMissed of
	// them without an answer it is 0.6 to 0.75 s, many round trips in any scope.
	DefaultHeartbeat = 150 * time.Millisecond
	maxMissed        = 3
	// minCookieKey is the least that cannot be found by trying.
	minCookieKey = 16
	// DefaultMaxSessions come to 800 MB at most, at about 48 KB each.
	DefaultMaxSessions = 16384
)

// ErrClosed is returned by what is called on, or waits for, a closed Client.
var ErrClosed = errors.New("client: closed")

// Config is what Open needs. The zero value is a pool user or element beside a
// registrar on this host.
type Config struct {
	// Registrars is the list to look for a home in. Where it is empty, and
	// Announcements too, it is the registrar on this host: port 3863 of 127.0.0.1
	// and [::1].
	Registrars []transport.Address
	// Transport reaches registrars, and elements that serve over SCTP; nil is SCTP
	// in UDP (package transport/udp). Package transport/tcp is for users only:
	// Register fails with endpoint.ErrStream, and elements that serve over SCTP are
	// reached over SCTP in UDP.
	Transport transport.Transport
	// Local is the endpoint to bind; the zero value is a free port of the
	// wildcard. Registrars send keep-alives there. Its addresses are also those
	// that elements which serve over SCTP are reached from.
	Local transport.Address
	// Announcements are the multicast groups from which registrars are learned, as
	// 239.0.0.1:3863 is; what they say is not authenticated (RFC 5352 section 9).
	Announcements []netip.AddrPort
	// LifeUnit is what registrars count a registration life in: a second, which 0
	// stands for, or a millisecond where they are RSPLIB's.
	LifeUnit time.Duration
	// CookieKey signs the cookies of the elements here. Those of a pool that take
	// over each other's sessions need the same one, of 16 bytes or more, in secret.
	// Without one, only elements of this Client understand each other's cookies.
	CookieKey []byte
	// Heartbeat is the time between probes of an idle SCTP association between a
	// user and an element, which ends when three in a row go unanswered. 0 is
	// DefaultHeartbeat: an element that dies is noticed in under a second.
	Heartbeat time.Duration
	// MaxSessions is how many users each Listener of this Client serves at once; one more
	// is refused before it costs anything, and goes to another element. 0 is
	// DefaultMaxSessions.
	MaxSessions int
	// Received, if not nil, gets what elements answer to Send and SendTo. It is
	// called from a goroutine of the connection that the data came over; while it
	// does not return, nothing more is read from that.
	Received func(Data)
	// Log gets what happens to the home; nil discards it.
	Log *slog.Logger
}

// defaults fills what is not set.
func (cfg Config) defaults() Config {
	if len(cfg.Registrars) == 0 && len(cfg.Announcements) == 0 {
		cfg.Registrars = []transport.Address{{
			Addrs: []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, Port: asapPort,
		}}
	}
	if cfg.Transport == nil {
		cfg.Transport = udp.New()
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = DefaultHeartbeat
	}
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = DefaultMaxSessions
	}
	if cfg.Received == nil {
		cfg.Received = func(Data) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

// validate tells what is wrong beside what the endpoint finds.
func (cfg Config) validate() error {
	switch {
	case len(cfg.CookieKey) > 0 && len(cfg.CookieKey) < minCookieKey:
		return fmt.Errorf("cookie key must have %d bytes or more, has %d", minCookieKey, len(cfg.CookieKey))
	case cfg.MaxSessions < 0:
		return fmt.Errorf("sessions at once must be 1 or more, or 0 for %d, are %d", DefaultMaxSessions, cfg.MaxSessions)
	case cfg.Heartbeat < 0:
		return fmt.Errorf("heartbeat must be positive, or 0 for %v, is %v", DefaultHeartbeat, cfg.Heartbeat)
	}
	return nil
}

// stream: registrars are reached over TCP, or over TLS, which is TCP.
func (cfg Config) stream() bool {
	name := cfg.Transport.Name()
	return name == "tcp" || name == "tls"
}

// endpoint gives the machine's configuration.
func (cfg Config) endpoint() endpoint.Config {
	var seed [32]byte
	rand.Read(seed[:])
	out := endpoint.DefaultConfig()
	out.Rand = mathrand.New(mathrand.NewChaCha8(seed))
	for _, a := range cfg.Registrars {
		out.Servers = append(out.Servers, endpoint.Address(a))
	}
	out.Announcements = len(cfg.Announcements) > 0
	out.Stream = cfg.stream()
	out.LifeUnit = cfg.LifeUnit
	out.CookieKey = string(cfg.CookieKey)
	return out
}
