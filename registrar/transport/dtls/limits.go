package dtls

import "time"

const (
	// mtu is the largest SCTP packet sent. With the IPv6 and UDP headers (48) and
	// what AES-GCM adds to a record (37) it stays below 1280, the least every IPv6
	// path carries.
	mtu = 1192

	// handshakeMTU is where handshake messages are cut, for the same reason: the
	// headers of a record and a message (25) come to it.
	handshakeMTU = 1200

	// engineMTU is the largest datagram the DTLS engine reads, and the largest
	// packet the SCTP engine does; they cut longer ones without a word.
	engineMTU = 8192

	// receiveBuffer is the window offered to a peer: eight of the largest
	// messages, so that a slow reader costs little and a fast one is not held up.
	receiveBuffer = 512 << 10

	// maxSurplus is how many DATA chunks are taken while no message is read. With
	// the smallest useful messages it is less than the window.
	maxSurplus = 4096

	// maxReassembly is how many chunks of one stream wait for missing ones or for
	// the reader, before the peer is taken for hostile: above what a window of
	// 64-byte messages and maxSurplus come to.
	maxReassembly = 16384

	// inboxLimit is how many bytes wait for Recv outside the window.
	inboxLimit = 128 << 10

	// datagramQueue is how many datagrams wait for the engine of one session. More
	// are dropped, as a network does, and sent again by the peer. It holds more than
	// a window, so that of a peer of this kind nothing is dropped.
	datagramQueue = 512

	// maxInboundStreams is offered to peers. Each used stream costs a goroutine.
	maxInboundStreams = 16

	// rtoMax bounds the wait before DATA is sent again, far below the 60 s of
	// RFC 9260: it is also how long a peer's reopened window stays unnoticed.
	rtoMax = 2 * time.Second

	// leastProbe is the least time between probes of a peer that has data to
	// acknowledge: a busy host may need that long to answer.
	leastProbe = 200 * time.Millisecond

	// dialStagger is the head start an address has over the next one, the
	// Connection Attempt Delay of RFC 8305 section 5.
	dialStagger = 250 * time.Millisecond

	// maxAnew is how often a dial begins anew since its cookie is not known: it was
	// forged, or the listener has restarted or had too many strangers.
	maxAnew = 5

	// anewAfter is how long it waits for what is on the way still: a ServerHello does
	// not say which ClientHello it answers.
	anewAfter = 250 * time.Millisecond

	// wrongKeyAfter is how long a client's Finished may stay unreadable before the
	// key is taken for wrong: with lost packets the peer sends all of it again after
	// a second.
	wrongKeyAfter = 1500 * time.Millisecond

	// maxDoubtful bounds the sessions of one remote address and port that have not
	// returned their cookie: a forged ClientHello or two do not push out the real one.
	maxDoubtful = 3

	// helloRate is how many sessions are begun in a second: each costs the DTLS
	// engine 30 µs or so before the cookie, and a flood must leave time for others.
	// At once are begun half of MaxHalfOpen, or leastBurst: more would push each
	// other out before they have their cookie.
	helloRate  = 1000
	leastBurst = 16
)
