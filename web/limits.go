package web

import "time"

const (
	// maxClients is how many feeds are served at once; each costs two
	// goroutines and a queue.
	maxClients = 256
	// frameSize keeps the decoding of one frame well below a paint of the page.
	frameSize = 64 << 10
	// maxQueued is how many bytes of changes wait for a client before a snapshot takes
	// their place. With the parts of a snapshot, with captured messages and with the
	// frame that is being written, a client that does not read costs 4 MiB at most.
	maxQueued = 3 << 20
	// entryCost is what each change takes beside its bytes, with room in maps and lists
	// that grow.
	entryCost = 200
	// sequenceLen is what ends a frame.
	sequenceLen = 20
	// maxEvents is how many events wait for a slow client; older ones go first.
	maxEvents = 200
	// maxSteps is how many steps of takeovers wait for one: more than a takeover has
	// that names all its elements. Beyond, a snapshot is cheaper.
	maxSteps = 5000
	// maxCaptured and maxCapturedBytes are what a client gets at a time of the captured
	// messages; what it is too slow for is left out, the oldest first.
	maxCaptured      = 400
	maxCapturedBytes = 256 << 10
	// credit is how many frames may be on their way unconfirmed.
	credit = 8
	// pace is the least time between two batches: 20 a second.
	pace = 50 * time.Millisecond
	// beat is how long a feed stays silent at most; the page counts on it.
	beat = 5 * time.Second
	// writeTimeout is for one frame; a client that takes longer is cut off.
	writeTimeout = 10 * time.Second
	// bodyTime is how long the body of a request may take: none has more than maxBody.
	bodyTime = 10 * time.Second
	// readLimit is for one frame of a client: an Applied message has 12 bytes.
	readLimit = 1 << 10
)
