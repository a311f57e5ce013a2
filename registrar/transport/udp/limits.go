package udp

import "time"

const (
	// registeredPort is the UDP port RFC 6951 section 4 registers for SCTP.
	registeredPort = 9899

	// mtu is the largest SCTP packet sent. With the UDP and IPv6 headers it
	// stays below 1280, the least every IPv6 path carries, so no path MTU has to
	// be found and lowered by 8 (RFC 6951 section 5.6).
	mtu = 1200

	// engineMTU is the largest packet the SCTP engine can receive; it cuts
	// longer ones without a word.
	engineMTU = 8192

	// receiveBuffer is the window offered to a peer, and what may wait for Recv: eight
	// of the largest messages, so that a slow reader costs little and a fast one is
	// not held up.
	receiveBuffer = 512 << 10

	// burstPause is a pause after which DATA is none that was on its way, probePause
	// one after which DATA without room is taken nevertheless: less than kernels wait
	// before they give up, and more than it takes to send again.
	burstPause = 50 * time.Millisecond
	probePause = 500 * time.Millisecond

	// maxReassembly is how many chunks of one stream wait for missing ones before the
	// peer is taken for hostile: above what a window of 64-byte messages comes to.
	maxReassembly = 16384

	// maxSpans bounds what is remembered of the gaps a peer has reported: more than a
	// send queue has in practice.
	maxSpans = 512

	// packetQueue is how many packets wait for the engine of one association.
	// More are dropped, as a network does, and sent again by the peer.
	packetQueue = 256

	// maxInboundStreams is offered to peers. Each used stream costs a goroutine
	// here; kernels ask for 10 by default.
	maxInboundStreams = 16

	// maxPeerAddrs bounds the address list of an INIT that is remembered: more
	// interfaces than any host of a pool has.
	maxPeerAddrs = 16

	// maxUnrecognized bounds the parameters reported back in an INIT ACK.
	maxUnrecognized = 256

	// cookieLife is Valid.Cookie.Life of RFC 9260 section 16.
	cookieLife = 60 * time.Second

	// initRTO is the first wait before an INIT or COOKIE ECHO is sent again; it
	// doubles each time (RFC 9260 section 5.1: T1-init, T1-cookie).
	initRTO = time.Second

	// dialStagger is the head start an address has over the next one, the
	// Connection Attempt Delay of RFC 8305 section 5.
	dialStagger = 250 * time.Millisecond

	// rtoMax bounds the wait before DATA is sent again, far below the 60 s of
	// RFC 9260: it is also how long a peer's reopened window stays unnoticed.
	rtoMax = 2 * time.Second

	// minPace is the shortest time between probes that Config.Heartbeat does not ask
	// for itself: the answer of a loaded peer at the other end of the world is there.
	minPace = 500 * time.Millisecond

	// maxProbes is how many further addresses of a silent peer are probed at once.
	// Whoever lists a victim among its addresses gets it no more than it sent itself.
	maxProbes = 3
)
