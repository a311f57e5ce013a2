package transport

// Direct is an Association for who wants no goroutine between the wire and itself.
type Direct interface {
	Association
	// Tap hands what has arrived and all that comes to t, instead of Recv.
	Tap(t Tap)
	// TrySend sends m if that needs no waiting, and reports whether it did. It is not
	// for use beside Send.
	TrySend(m Message) bool
}

// Tap takes messages as they arrive. Both are called by whoever reads them from the
// wire, one at a time, who does nothing else until they return.
type Tap interface {
	// Take gets what has arrived, in order. It may keep the data, not the slice.
	Take([]Message)
	// End is the last call: no message follows, and Err of the association says why.
	End()
}
