package view

import (
	"time"

	"rserpool/registrar/feed"
	"rserpool/registrar/replica"
)

// PeerAsked says that an operator's wish about a peer is on its way.
func PeerAsked(action, id string) string {
	if action == "probe" {
		return "Probe of " + id + ": waiting for its answer."
	}
	return "Resync with " + id + ": fetching its elements."
}

// PeerOutcome says what came of it: status is the API's, 0 where nobody answered,
// text its words.
func PeerOutcome(action, id string, status int, text string, afterMS float64) string {
	what := "Resync with " + id + ": "
	if action == "probe" {
		what = "Probe of " + id + ": "
	}
	switch status {
	case 200:
		return what + text + ", after " + lapse(feed.Moment(afterMS*1000)) + "."
	case 401:
		return what + "this page may only read. Open it by the link that `registrar serve` printed."
	case 0:
		return what + "no answer of this registrar; it may be down."
	}
	if text == "" {
		text = "refused."
	}
	return what + text
}

// difference says in which pool a peer's elements are others here, or were when
// they were fetched last; empty where the registrar has not told of any.
func difference(r *replica.Replica, now time.Time, p replica.Peer) string {
	found := "differed in "
	for e := range r.Events() { // the newest first
		switch {
		case e.Server != p.Peer:
		case e.Name == "checksum.mismatch" && agree(p) == outOfStep:
			return "was asked for its elements " + Ago(e.At.Time(), now)
		case e.Name == "resync.completed" && e.Handle != "":
			if agree(p) == outOfStep {
				found = "differs in "
			}
			return found + Handle(e.Handle) + ", " + Ago(e.At.Time(), now)
		}
	}
	return ""
}
