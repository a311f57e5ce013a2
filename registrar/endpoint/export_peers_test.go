package endpoint

// Peers counts all that is kept of channels, attempts, sessions, messages, pools
// with waiting messages, links, and probes.
func Peers(e *Endpoint) int {
	p := e.peers
	return len(p.channels) + len(p.connects) + len(p.sessions) + len(p.messages) + len(p.outboxes) + len(p.links) + len(p.probes)
}
