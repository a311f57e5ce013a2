package node

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"rserpool/registrar"
	"rserpool/registrar/feed"
)

// refusalsPerSecond is how many peers in a second that a transport has turned away
// are told of: who tries keys all day must not push all else out of log and feed.
const refusalsPerSecond = 10

// refusals counts those of one node. Transports call from goroutines of their own.
type refusals struct {
	mu    sync.Mutex
	since time.Time
	told  int
	// untold were left out since the latest that was told of.
	untold int
}

// take reports whether a refusal is to be told of, and how many before it were not.
func (r *refusals) take(now time.Time) (untold int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since) >= time.Second {
		r.since, r.told = now, 0
	}
	if r.told >= refusalsPerSecond {
		r.untold++
		return 0, false
	}
	r.told++
	untold, r.untold = r.untold, 0
	return untold, true
}

// lose gives back what take gave and nobody has heard of.
func (r *refusals) lose(untold int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.untold += untold + 1
}

// refused is a peer that one of the ports has turned away.
type refused struct {
	at   time.Time
	port string
	from netip.AddrPort
	why  error
	// untold were left out before it.
	untold int
}

// refusedAt is what the transport of a port calls. It waits for nothing.
func (n *Node) refusedAt(port string) func(from netip.AddrPort, why error) {
	return func(from netip.AddrPort, why error) {
		now := time.Now()
		untold, ok := n.refusals.take(now)
		if ok && !n.offer(refused{now, port, from, why, untold}) {
			n.refusals.lose(untold)
		}
	}
}

func (in refused) event(n *Node) registrar.Event {
	text := fmt.Sprintf("%s from %v refused: %v", in.port, in.from, in.why)
	if in.untold > 0 {
		text += fmt.Sprintf(" (%d more like this were not noted)", in.untold)
	}
	n.note(in.at, registrar.Noted{Level: registrar.Warn, Event: feed.Event{Name: "association.refused", Text: text}})
	return nil
}
