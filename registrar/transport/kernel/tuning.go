//go:build linux && !386

package kernel

import (
	"time"

	"rserpool/registrar/transport"
)

// tuning makes the kernel find a lost peer when a Config asks for it. With probes
// H apart of which M may be missed:
//
// Idle, a path is probed after heartbeat, half an RTO and up to one RTO more by
// chance, and each probe that is missed doubles the RTO. The kernel gives up when
// it would send again after retries were missed. That is at most
// (M+1)·H/2 + 3/4·M·H: 8.5 s for 2 s and 3.
//
// With data in flight it gives up when it would send the same data for the
// M-th time again: at most M·H/2, 3 s for 2 s and 3.
type tuning struct {
	heartbeat      time.Duration
	rtoMin, rtoMax time.Duration
	// ack is how long an acknowledgement may wait for company.
	ack time.Duration
	// retries is for one path; an association has as many for each of its paths, so
	// that a dead one does not outvote those that live (RFC 9260 section 8.1).
	retries int
}

func tune(c transport.Config) tuning {
	t := tuning{
		heartbeat: max(c.Heartbeat/2, leastProbe),
		rtoMin:    max(c.Heartbeat/4, leastRTO),
		// The kernel takes 0 for "as before".
		retries: min(max(c.MaxMissed-1, 1), 255),
	}
	t.rtoMax = 2 * t.rtoMin
	// What is sent must not be sent again only because its acknowledgement waits.
	t.ack = min(delayedAck, t.rtoMin/2)
	return t
}
