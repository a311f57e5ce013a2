package transport

// Prompt is an Association that can send without waiting.
type Prompt interface {
	Association
	// TrySend sends m if that needs no waiting, and reports whether it did. It is not
	// for use beside Send.
	TrySend(m Message) bool
}

// Direct is an Association for who wants no goroutine between the wire and itself.
type Direct interface {
	Prompt
	// Tap hands what has arrived and all that comes to t, instead of Recv, until t wants
	// no more.
	Tap(t Tap)
}

// Tap takes messages as they arrive. Both are called by whoever reads them from the
// wire, one at a time, who reads for other associations, too, and nothing until they
// return.
type Tap interface {
	// Take gets what has arrived, in order. It may keep the data, not the slice. After
	// false it is not called again: what comes then is for Recv, which may be called
	// already, or for another Tap.
	Take([]Message) (more bool)
	// End is the last call: no message follows, and Err of the association says why. It
	// is not called after a false.
	End()
}
