package node

import "net/netip"

// DialLimit is for tests of how many dials are under way at once.
const DialLimit = dialLimit

// HeardLimit is for tests of what a flood of datagrams does.
const HeardLimit = heardLimit

// Offer reports whether a datagram gets in where n inputs wait.
func Offer(n int) bool {
	full := &Node{inbox: make(chan input, inboxLimit)}
	for range n {
		full.inbox <- stop{}
	}
	return full.offer(heard{})
}

// TurnAway lets a transport turn peers away where n inputs wait, and gives how many
// of them are counted as left out.
func TurnAway(n, peers int) (untold int) {
	busy := &Node{inbox: make(chan input, inboxLimit)}
	for range n {
		busy.inbox <- stop{}
	}
	for range peers {
		busy.refusedAt(PortENRP)(netip.AddrPort{}, ErrStopped)
	}
	return busy.refusals.untold
}
