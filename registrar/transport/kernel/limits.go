//go:build linux && !386

package kernel

import "time"

const (
	// socketBuffer is asked of the kernel for each direction of each association: two
	// of the largest messages. The kernel offers a peer all of it as its window, and
	// keeps as much again for its own records.
	socketBuffer = 128 << 10

	// inboxLimit is how many bytes wait for Recv outside the socket.
	inboxLimit = 128 << 10

	// maxInboundStreams is offered to peers, as in package udp; the kernel keeps
	// records for every stream that a peer asks for.
	maxInboundStreams = 16

	// batchSize is how many messages one system call reads, pieceSize how much of each:
	// a longer one takes several places. Only an association that reads holds a batch.
	batchSize = 16
	pieceSize = 8 << 10

	// maxAddrs is how many addresses of one side are read; the kernel tells them all,
	// and no host of a pool has more.
	maxAddrs = 64

	// maxSegment is the most data in one DATA chunk. Userspace SCTP, package udp's among
	// it, reads packets of up to 8192 bytes; only loopback and the largest Ethernet
	// frames carry more.
	maxSegment = 8000

	// maxReason bounds the text of an ABORT, sent or received.
	maxReason = 256

	// maxAttempts is how often an INIT is sent: until the Dial that wants it gives up.
	maxAttempts = 1<<16 - 1

	// maxReadErrors in a row mean that a socket will not recover.
	maxReadErrors = 100

	// portTries is how often a free port is looked for when several addresses must
	// share it.
	portTries = 16

	// leastRTO and leastProbe keep a Config with very short times from sending without
	// pause: the kernel's clock ticks 100 to 1000 times a second.
	leastRTO   = 100 * time.Millisecond
	leastProbe = 50 * time.Millisecond

	// delayedAck is the kernel's own delay of an acknowledgement (RFC 9260 section 6.2).
	delayedAck = 200 * time.Millisecond
)
