package tcp

import "time"

const (
	// messageTime is how long a message may take from its first byte to its last: at
	// the largest one that is 7 KB in a second. Whoever sends slower only holds a
	// connection.
	messageTime = 10 * time.Second

	// farewellTime is how long a peer that has closed its side may take to read what
	// is still queued for it.
	farewellTime = 10 * time.Second

	// queueLimit is how many bytes wait in each direction outside the socket: two of
	// the largest messages.
	queueLimit = 128 << 10

	// socketBuffer bounds what the system keeps in each direction, which it would
	// otherwise let grow to megabytes for a peer that does not read.
	socketBuffer = 64 << 10

	// portTries is how often a free port is looked for when several addresses must
	// share it.
	portTries = 16

	// acceptPause and maxAcceptPause are the first and the longest wait after the
	// system could not give a connection, for want of descriptors mostly.
	acceptPause    = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// limits are the times that a listener bears, messageTime and farewellTime.
type limits struct{ message, farewell time.Duration }
