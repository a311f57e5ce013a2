package endpoint

import (
	"net/netip"
	"slices"
	"time"

	"rserpool/registrar/asap"
	"rserpool/registrar/wire"
)

// Announcements are untrusted (RFC 5352 section 9.2): anybody can send any number.
const (
	// asapPort is where a server without transports serves (RFC 5352 section 5).
	asapPort = 3863
	// maxAnnounced is how many announced servers are remembered: more than a scope
	// has registrars, and a kilobyte each at most.
	maxAnnounced = 64
	// maxTransports and maxAddresses bound what counts of one announcement:
	// registrars have a transport or two, of a few addresses.
	maxTransports = 8
	maxAddresses  = 16
	// maxInterval is the longest announce interval that is believed: that of a
	// thousand registrars, (N+1)*T6. A longer silence was an outage.
	maxInterval = 20 * time.Minute
	// intervalsMissed is how many announcements in a row may be lost before the
	// server counts as gone (T7; a fixed T7 is too short where many share T6).
	intervalsMissed = 3
)

// news is what is known of a server from its announcements.
type news struct {
	t7 timer
	// heard is when the last announcement came, interval the time between the last
	// two; copies of one, as several interfaces bring them, count as one.
	heard    time.Time
	interval time.Duration
}

// announced takes an ASAP_SERVER_ANNOUNCE: new addresses come into the list, T7 of
// known ones starts anew (RFC 5352 section 3.6). A hunt tries new ones at once.
func (e *Endpoint) announced(ev Announced) {
	if !e.cfg.Announcements {
		return
	}
	d, err := asap.Parse(ev.Data) // nobody is told of what is wrong with it: it is multicast
	m, ok := d.Message.(asap.ServerAnnounce)
	if !ok {
		return
	}
	if len(m.Transports) == 0 && err == nil {
		m.Transports = []wire.Transport{{
			Type: wire.TypeSCTPTransport, Port: asapPort, Addresses: []netip.Addr{ev.From.Addr().Unmap()},
		}}
	}
	fresh := false
	for _, t := range m.Transports[:min(len(m.Transports), maxTransports)] {
		if a, usable := e.serverAddress(t); usable && e.heard(a) {
			fresh = true
		}
	}
	if fresh {
		e.fillHunt()
	}
}

// serverAddress is the address of a transport that this endpoint can use: TCP for
// a user that came for it, else SCTP, which elements must use.
func (e *Endpoint) serverAddress(t wire.Transport) (Address, bool) {
	want := wire.TypeSCTPTransport
	if e.cfg.Stream {
		want = wire.TypeTCPTransport
	}
	if t.Type != want || t.Port == 0 {
		return Address{}, false
	}
	a := Address{Port: t.Port}
	for _, ip := range t.Addresses[:min(len(t.Addresses), maxAddresses)] {
		if ip.IsValid() && !ip.IsUnspecified() && !ip.IsMulticast() {
			a.Addrs = append(a.Addrs, ip)
		}
	}
	return a, len(a.Addrs) > 0
}

// heard notes that a server is alive, and reports whether it is new to the list.
func (e *Endpoint) heard(a Address) (fresh bool) {
	l := &e.hunt.servers
	if slices.ContainsFunc(l.configured.servers, func(s *server) bool { return s.address.is(a) }) {
		return false
	}
	var s *server
	if i := slices.IndexFunc(l.announced.servers, func(s *server) bool { return s.address.equal(a) }); i >= 0 {
		s = l.announced.servers[i]
	} else if s = e.admit(a); s == nil {
		return false
	}
	n := &s.news
	switch gap := e.now.Sub(n.heard); {
	case n.heard.IsZero():
		n.heard = e.now
	case gap >= e.cfg.AnnounceTimeout/intervalsMissed: // T7 does not depend on shorter ones
		n.heard, n.interval = e.now, gap
		if gap > maxInterval {
			n.interval = 0
		}
	}
	e.timers.start(&n.t7, e.now.Add(max(e.cfg.AnnounceTimeout, intervalsMissed*n.interval)))
	fresh, s.listed = !s.listed, true
	return fresh
}

func (a Address) equal(b Address) bool { return a.Port == b.Port && slices.Equal(a.Addrs, b.Addrs) }

// admit makes room for a server that is not known. When all places are taken, it
// gets that of a server whose T7 has ended (it is remembered only for its interval),
// else of one that has never taken an association, the longest silent first. So a
// flood displaces neither configured servers nor those that were ever in use, and
// one that it has displaced is back with its next announcement. A place is tried
// once a round, whoever has it: a flood cannot make this endpoint dial the world.
// nil: all have proven themselves and are alive.
func (e *Endpoint) admit(a Address) *server {
	s := &server{address: a}
	s.news.t7.fire = func() { s.listed = false } // an association to it stays
	list := &e.hunt.servers.announced.servers
	if len(*list) < maxAnnounced {
		*list = append(*list, s)
		return s
	}
	place := -1
	for i, old := range *list {
		if old.listed && !old.up.IsZero() {
			continue
		}
		if place < 0 || old.givesWayBefore((*list)[place]) {
			place = i
		}
	}
	if place < 0 {
		return nil
	}
	old := (*list)[place]
	e.timers.stop(&old.news.t7)
	old.listed, s.tried, s.reason = false, old.tried, "one of too many that announced themselves"
	(*list)[place] = s
	return s
}

func (s *server) givesWayBefore(other *server) bool {
	if s.listed != other.listed {
		return !s.listed
	}
	return s.news.heard.Before(other.news.heard)
}
