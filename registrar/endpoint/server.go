package endpoint

import (
	"net/netip"
	"slices"
	"time"
)

// server is one entry of the list of ENRP servers (RFC 5352 section 3.6).
type server struct {
	address Address
	// listed: a configured one always is, an announced one until T7 ends.
	listed bool
	// tried: in this round of the hunt.
	tried bool
	// reason is why it is not in use.
	reason string
	// up is when it took an association last.
	up time.Time
	// news are of a server that announces itself.
	news news
}

// ring is a list of servers that are tried in turn.
type ring struct {
	servers []*server
	// next is where the next attempt looks first.
	next int
}

// take gives the next server that is good, and moves on behind it; nil for none.
func (r *ring) take(good func(*server) bool) *server {
	n := len(r.servers)
	for k := range n {
		i := (r.next + k) % n
		if good(r.servers[i]) {
			r.next = (i + 1) % n
			return r.servers[i]
		}
	}
	return nil
}

// servers is the list of ENRP servers: those configured, which stay for ever, and
// those that announced themselves. Attempts go to either kind in turn, so that
// neither a flood of announcements nor a stale configuration hides the other kind.
type servers struct {
	configured, announced ring
	// turn: the next attempt is for an announced one, if there is any.
	turn bool
}

func newServers(list []Address) servers {
	var s servers
	for _, a := range list {
		s.configured.servers = append(s.configured.servers, &server{address: a, listed: true})
	}
	return s
}

// all calls f for every server, those whose T7 has ended included.
func (l *servers) all(f func(*server)) {
	for _, s := range l.configured.servers {
		f(s)
	}
	for _, s := range l.announced.servers {
		f(s)
	}
}

// at finds the listed server with an address of a.
func (l *servers) at(a Address) *server {
	var found *server
	l.all(func(s *server) {
		if found == nil && s.listed && a.is(s.address) {
			found = s
		}
	})
	return found
}

// take gives the next server that is good. Of the announced ones those come
// first that have taken an association before: they are no invention.
func (l *servers) take(good func(*server) bool) *server {
	proven := func(s *server) bool { return !s.up.IsZero() && good(s) }
	for range 2 {
		announced := l.turn
		l.turn = !l.turn
		var s *server
		if announced {
			if s = l.announced.take(proven); s == nil {
				s = l.announced.take(good)
			}
		} else {
			s = l.configured.take(good)
		}
		if s != nil {
			return s
		}
	}
	return nil
}

// is reports whether two addresses mean one endpoint.
func (a Address) is(b Address) bool {
	return a.Port == b.Port && slices.ContainsFunc(a.Addrs, func(ip netip.Addr) bool { return slices.Contains(b.Addrs, ip) })
}
