package transport

// Queued is a Listener whose associations one goroutine reads, one after the other: what
// arrives may wait there, where nobody else sees it.
type Queued interface {
	Listener
	// Behind calls reached when all is read that has arrived by now, and tells of how many
	// associations something was. It is called by who reads, as a Tap is.
	Behind(reached func(associations int))
}

// Behind calls reached as a Queued listener does, and at once where l is none.
func Behind(l Listener, reached func(associations int)) {
	if q, ok := l.(Queued); ok {
		q.Behind(reached)
		return
	}
	reached(0)
}
