package registrar

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"rserpool/registrar/wire"
)

// Config is what a registrar has to be told. DefaultConfig fills all but Rand,
// ASAP and ENRP.
type Config struct {
	// ID is the server ID; 0 draws a random one (RFC 5353 section 3.2.1).
	ID wire.ServerID
	// Rand is the only source of chance: the same seed and the same events give
	// the same effects. A registrar owns its source.
	Rand *rand.Rand
	// ASAP and ENRP are the endpoints to tell others: concrete addresses, no
	// wildcards.
	ASAP, ENRP Endpoint
	// ASAPStream is the TCP endpoint that pool users may use instead of ASAP, to be
	// named in announces; none where TCP is off.
	ASAPStream Endpoint
	// Peers are the registrars to ask at start-up, in this order, and to try
	// again at every heartbeat while they are not heard.
	Peers []Endpoint
	// Dialect is how the registrars of the scope speak.
	Dialect Dialect
	// AnnounceASAP switches ASAP_SERVER_ANNOUNCE on (RFC 5352 section 3.6).
	AnnounceASAP bool
	// AnnounceENRP makes registrars find each other on a multicast group: this one
	// tells it of itself, and calls those heard there (RFC 5351 section 3.1).
	AnnounceENRP bool
	Limits       Limits
	// Secured makes the registrar demand credentials: ENRP is for registrars only,
	// each in its own name, an element registers and deregisters itself only, and
	// unsecured users get no answers (RFC 5352 section 9, RFC 5353 section 6).
	Secured bool
	// PlainUsers lets a secured registrar answer unsecured users (RFC 5352 section
	// 9.3). Their reports of unreachable elements are ignored all the same.
	PlainUsers bool

	// Protected are the pools whose elements an operator deregisters only if that is
	// confirmed.
	Protected []wire.PoolHandle

	// PeerHeartbeatCycle is PEER-HEARTBEAT-CYCLE: the time between two PRESENCEs.
	PeerHeartbeatCycle time.Duration
	// MaxTimeLastHeard is MAX-TIME-LAST-HEARD: how long a peer may be silent
	// before it is asked whether it lives.
	MaxTimeLastHeard time.Duration
	// MaxTimeNoResponse is MAX-TIME-NO-RESPONSE: how long an answer of another
	// registrar may take.
	MaxTimeNoResponse time.Duration
	// DownloadTimeout is how long a download of this registrar's handle table
	// may pause before its position is forgotten.
	DownloadTimeout time.Duration
	// RetryWait is the pause after all mentors have refused.
	RetryWait time.Duration
	// MentorRounds is how often all configured peers are asked before the
	// registrar starts alone.
	MentorRounds int
	// MentorDiscovery is how long a registrar without a mentor listens to the group
	// for ENRP, from its start on, before it starts alone. Those there are called by
	// the newcomer's first PRESENCE, so this is the time of one answer, not of a
	// heartbeat; RSPLIB waits as long, which is two of its heartbeats.
	MentorDiscovery time.Duration
	// YieldRecheck is how long another registrar may take for a takeover that
	// this one has acknowledged.
	YieldRecheck time.Duration
	// KeepAliveInterval is the mean time between two keep-alives to an element;
	// each one waits between half and one and a half of it. 0 switches periodic
	// keep-alives off.
	KeepAliveInterval time.Duration
	// KeepAliveTimeout is how long an element may take to acknowledge.
	KeepAliveTimeout time.Duration
	// GuardShare is of how many percent of the own elements the silence is taken for an
	// outage of this registrar's network, in which none is removed for it; 0 switches that
	// off. GuardElements is how many they must be at least, GuardTime for how long that
	// goes at most. See guard.go.
	GuardShare, GuardElements int
	GuardTime                 time.Duration
	// AdoptionRate is how many elements of a registrar that was taken over are asked
	// in a second.
	AdoptionRate int
	// MaxBadPEReport is MAX-BAD-PE-REPORT: the report after this many removes
	// an element (see mayInsist for the exception).
	MaxBadPEReport int
	// MaxResolveItems is how many elements a handle resolution gives at most;
	// 0 is as many as a message holds.
	MaxResolveItems int
	// SubscriptionInterval is the least time between two updates of a pool for those
	// who have subscribed to it.
	SubscriptionInterval time.Duration
	// ServerAnnounce is T6-Serverannounce, the time between two announces of a
	// registrar without peers.
	ServerAnnounce time.Duration
	// HeardResolution is the least time between two words to the feed that a peer
	// was heard, where that is all there is to say.
	HeardResolution time.Duration
}

// DefaultConfig gives the timers and thresholds of RFC 5352 section 7 and RFC
// 5353 section 4, and of this project where those give none.
func DefaultConfig() Config {
	return Config{
		Limits:               DefaultLimits(),
		PeerHeartbeatCycle:   30 * time.Second,
		MaxTimeLastHeard:     61 * time.Second,
		MaxTimeNoResponse:    5 * time.Second,
		DownloadTimeout:      5 * time.Second,
		RetryWait:            3 * time.Second,
		MentorRounds:         3,
		MentorDiscovery:      5 * time.Second,
		YieldRecheck:         61 * time.Second,
		KeepAliveInterval:    15 * time.Second,
		KeepAliveTimeout:     5 * time.Second,
		GuardShare:           50,
		GuardElements:        10,
		GuardTime:            5 * time.Minute,
		AdoptionRate:         1000,
		MaxBadPEReport:       3,
		ServerAnnounce:       time.Second,
		SubscriptionInterval: 200 * time.Millisecond,
		HeardResolution:      time.Second,
	}
}

// Validate says what is wrong with a configuration, nil if nothing is.
func (c Config) Validate() error {
	errs := []error{
		validEndpoint("ASAP", c.ASAP), validEndpoint("ENRP", c.ENRP), c.Limits.Validate(),
		positive("PeerHeartbeatCycle", c.PeerHeartbeatCycle), positive("MaxTimeLastHeard", c.MaxTimeLastHeard),
		positive("MaxTimeNoResponse", c.MaxTimeNoResponse), positive("DownloadTimeout", c.DownloadTimeout),
		positive("RetryWait", c.RetryWait), positive("YieldRecheck", c.YieldRecheck),
		positive("MentorDiscovery", c.MentorDiscovery),
		positive("KeepAliveTimeout", c.KeepAliveTimeout), positive("ServerAnnounce", c.ServerAnnounce),
		positive("SubscriptionInterval", c.SubscriptionInterval),
		positive("HeardResolution", c.HeardResolution),
		positive("GuardTime", c.GuardTime),
	}
	if c.ASAPStream.Port != 0 || len(c.ASAPStream.Addrs) > 0 {
		errs = append(errs, validEndpoint("ASAP stream", c.ASAPStream))
	}
	if c.Rand == nil {
		errs = append(errs, errors.New("registrar: Rand must be set, is nil"))
	}
	if c.KeepAliveInterval < 0 {
		errs = append(errs, fmt.Errorf("registrar: KeepAliveInterval must be 0 (off) or positive, is %v", c.KeepAliveInterval))
	}
	if c.MaxBadPEReport < 0 || c.MaxResolveItems < 0 {
		errs = append(errs, fmt.Errorf("registrar: MaxBadPEReport and MaxResolveItems must not be negative, are %d and %d",
			c.MaxBadPEReport, c.MaxResolveItems))
	}
	if c.GuardShare < 0 || c.GuardShare > 100 || c.GuardElements < 1 {
		errs = append(errs, fmt.Errorf("registrar: GuardShare must be 0 (off) to 100 percent and GuardElements at least 1, are %d and %d",
			c.GuardShare, c.GuardElements))
	}
	if c.AdoptionRate < 1 {
		errs = append(errs, fmt.Errorf("registrar: AdoptionRate must be at least 1, is %d", c.AdoptionRate))
	}
	if c.MentorRounds < 1 {
		errs = append(errs, fmt.Errorf("registrar: MentorRounds must be at least 1, is %d", c.MentorRounds))
	}
	for _, p := range c.Peers {
		errs = append(errs, validEndpoint("peer", p))
	}
	return errors.Join(errs...)
}

func positive(name string, d time.Duration) error {
	if d > 0 {
		return nil
	}
	return fmt.Errorf("registrar: %s must be positive, is %v", name, d)
}

func validEndpoint(name string, e Endpoint) error {
	if e.Port == 0 || len(e.Addrs) == 0 {
		return fmt.Errorf("registrar: %s endpoint needs a port and an address, is %v", name, e)
	}
	for _, a := range e.Addrs {
		if !unicast(a) {
			return fmt.Errorf("registrar: %s endpoint needs concrete unicast addresses, has %v", name, a)
		}
	}
	return nil
}

// unicast reports whether one host can be reached at a.
func unicast(a netip.Addr) bool { return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() }
