package metrics

import (
	"runtime"

	"rserpool/registrar"
	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// replica gives what is here now.
func (s sink) replica(r *replica.Replica) {
	hello, c := r.Hello(), r.Counts()
	s.gauge("build_info", 1, hello.Version, runtime.Version(), hello.Dialect, hello.Transport)
	s.gauge("ready", truth(r.State().Phase == feed.Serving))
	s.gauge("pools", float64(c.Pools))
	s.gauge("pool_elements", float64(c.Owned), "own")
	s.gauge("pool_elements", float64(c.Elements-c.Owned), "peer")
	s.peers(r)
	holds := 0
	for h := range r.Holds() {
		if h.State == feed.HoldInForce {
			holds++
		}
	}
	s.gauge("holds", float64(holds))
}

// peers gives what is known of the other registrars. There are as many as the limit of
// peers allows, so their IDs may be labels.
func (s sink) peers(r *replica.Replica) {
	var states [feed.Dead + 1]int
	for p := range r.Peers() {
		id := p.Peer.String()
		if p.State <= feed.Dead {
			states[p.State]++
		}
		if p.Heard != 0 {
			s.gauge("peer_last_heard_timestamp_seconds", float64(p.Heard.Time().UnixMilli())/1000, id)
		}
		if p.State == feed.Dead { // what it told last means nothing any more
			continue
		}
		if same, known := p.InStep(); known {
			s.gauge("peer_in_sync", truth(same), id)
			s.gauge("checksum", float64(p.Told), id, "told")
		}
		s.gauge("checksum", float64(p.Computed), id, "computed")
	}
	for state, n := range states {
		s.gauge("peers", float64(n), feed.LinkState(state).String()) //nolint:gosec // there are a few
	}
	if sum, _, known := r.Own(); known {
		s.gauge("checksum", float64(sum), r.Self().String(), "computed")
	}
}

// feeds gives what the dashboard's feed does.
func (s sink) feeds(f Feeds) {
	s.gauge("feed_clients", float64(f.Clients))
	s.counter("feed_snapshots_total", f.First, "first")
	s.counter("feed_snapshots_total", f.Lost, "lost")
	s.counter("feed_snapshots_total", f.Slow, "slow")
}

// limit gives a limit, what is used of it, and how often it was reached: also of one that
// is off, so that there is a 0 to rise from.
func (s sink) limit(l registrar.LimitUse) {
	s.counter("limit_hits_total", l.Hits, l.Name)
	if l.Off {
		return
	}
	s.gauge("limit", float64(l.Limit), l.Name)
	if l.Counted {
		s.gauge("limit_used", float64(l.Used), l.Name)
	}
}
