package udp

import "time"

// pace is the time between probes of a peer that says nothing. While something
// waits for it, the peer is looked for sooner, and given up sooner.
func pace(heartbeat time.Duration, waiting bool) time.Duration {
	if !waiting {
		return heartbeat
	}
	return max(heartbeat*2/5, min(heartbeat, minPace))
}

// silence decides when to probe a peer and when to give it up. It reads no
// clock and sends nothing. Silence alone proves nothing: a peer is lost when
// probes, each of which had its time, went without any packet from it
// (RFC 9260 sections 8.1 and 8.3).
type silence struct {
	// due is when the next beat is, probed when the last probe was sent, and
	// waiting since when the probes are to come faster.
	due, probed, waiting time.Duration
	// unanswered counts the probes in a row without a packet on the path in
	// use, ignored those without a packet of the peer from anywhere.
	unanswered, ignored int
}

// verdict is what a beat comes to.
type verdict int

const (
	wait        verdict = iota
	probe               // of the path in use
	probeOthers         // of the path in use, and of the peer's other addresses
	lost
)

// beat looks at the peer at the time now, when the last packet of all came at
// heard and the last one of the path in use at onPath. due is the next beat.
func (s *silence) beat(now, heard, onPath, pace time.Duration, maxMissed int) verdict {
	if heard > s.probed {
		s.ignored = 0
	}
	if onPath > s.probed {
		s.unanswered = 0
	}
	overslept := now-s.due > pace
	if s.due = max(onPath, s.probed, s.waiting) + pace; now < s.due {
		return wait
	}
	s.due = now + pace
	if s.ignored >= maxMissed {
		if !overslept {
			return lost
		}
		// This process did not run. The answer may be among the packets that it
		// has not read yet: ask once more.
		s.ignored--
	}
	s.probed = now
	s.ignored++
	if s.unanswered++; s.unanswered > 1 {
		return probeOthers
	}
	return probe
}

// hurry brings the next beat forward: from now on something waits for the peer.
func (s *silence) hurry(now, pace time.Duration) {
	s.waiting = now
	s.due = min(s.due, now+pace)
}

// answered reports whether the path in use has answered the last probe.
func (s *silence) answered(onPath time.Duration) bool {
	return s.unanswered == 0 || onPath > s.probed
}
