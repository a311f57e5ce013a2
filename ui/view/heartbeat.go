package view

import (
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// heartbeatGrace is how much of a cycle a heartbeat may be late before the page says
// so: timers and the way here are not exact, and the feed tells a peer at most once
// a second.
const heartbeatGrace = 4

// heartbeat says when a peer's next PRESENCE is due, by the time between its last
// ones, and whether it is late; empty where that time is not known.
func heartbeat(r *replica.Replica, p replica.Peer, now time.Time) (text string, late bool) {
	every := r.Heartbeat(p.Peer)
	if every == 0 || p.State != feed.Active {
		return "", false
	}
	left := p.Heard.Time().Add(every).Sub(now)
	switch {
	case left < -max(every/heartbeatGrace, time.Second):
		return "next late by " + Span(-left), true
	case left < time.Second:
		return "next due now", false
	default:
		return "next in " + Span(left), false
	}
}

// Trip is what came of the last probe of a peer.
type Trip struct {
	Peer   string
	Took   feed.Moment
	Silent bool
	At     time.Time
}

// Probed takes down what came of a probe: outcome is the API's, empty where it has
// not asked.
func (k *Kept) Probed(id, outcome string, afterMS float64, now time.Time) {
	if outcome == "" {
		return
	}
	t := &Trip{id, feed.Moment(afterMS * 1000), outcome == "silent", now}
	for i := range k.trips {
		if k.trips[i].Peer == id {
			k.trips[i] = t
			return
		}
	}
	k.trips = append(k.trips, t)
}

// trip fills in what came of the last probe by this page.
func (r *PeerRow) trip(k *Kept) {
	r.Trip = unknown
	if k == nil {
		return
	}
	for _, t := range k.trips {
		if t.Peer == r.ID {
			r.Trip, r.TripLost, r.TripAt = lapse(t.Took), t.Silent, "Probed at "+clock(t.At)
		}
	}
	if r.TripLost {
		r.Trip = "no answer"
	}
}
