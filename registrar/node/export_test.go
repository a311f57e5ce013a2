package node

import "net/netip"

// DialLimit is for tests of how many dials are under way at once.
const DialLimit = dialLimit

// HeardLimit is for tests of what a flood of datagrams does.
const HeardLimit = heardLimit

// Offer reports whether a datagram gets in where n inputs wait.
func Offer(n int) bool {
	full := &Node{awake: make(chan struct{}, 1)}
	for range n {
		full.queue.add(stop{})
	}
	return full.offer(heard{})
}

// TurnAway lets a transport turn peers away where n inputs wait, and gives how many
// of them are counted as left out.
func TurnAway(n, peers int) (untold int) {
	busy := &Node{awake: make(chan struct{}, 1)}
	for range n {
		busy.queue.add(stop{})
	}
	for range peers {
		busy.refusedAt(PortENRP)(netip.AddrPort{}, ErrStopped)
	}
	return busy.refusals.untold
}

// Reach has a limit reached so often where n inputs wait, and gives how many events are
// to tell of it.
func Reach(n, times int) (told int) {
	busy := &Node{awake: make(chan struct{}, 1)}
	for range n {
		busy.queue.add(stop{})
	}
	for range times {
		busy.fullAt(PortENRP)(true)
	}
	return busy.queue.len() - n
}
