package web

import (
	"time"

	"rserpool/registrar/capture"
)

// Limits bound what clients of the dashboard can make it keep and do.
type Limits struct {
	// FeedClients are served at once; each costs two goroutines and a queue.
	FeedClients int
	// Connections ask for pages and answers at once; feeds over WebSockets are not among
	// them. Each costs some 40 KB, and a descriptor, which elements, users and registrars
	// need, too.
	Connections int
	// Downloads of captured messages are under way at once: each writes all messages that
	// come and go, for as long as it was asked to.
	Downloads int
	// BodySize bounds what is read of the body of a request, whatever that is for. Bodies are
	// on their way at once: each is there within milliseconds, unless somebody means it
	// otherwise.
	BodySize, Bodies int
	// Events are kept for those who ask; Captured are the messages that are, in so many
	// bytes that each has capture.MessageSize.
	Events, Captured int
}

// DefaultLimits have room for more people than look after any scope. The events are
// those of some days of a quiet one, and 5 MB at most of a busy one.
func DefaultLimits() Limits {
	return Limits{
		FeedClients: 256, Connections: 2048, Downloads: 16, BodySize: 64 << 10, Bodies: 64,
		Events: 20_000, Captured: capture.DefaultMessages,
	}
}

const (
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
	// bodyTime is how long the body of a request may take.
	bodyTime = 10 * time.Second
	// readLimit is for one frame of a client: an Applied message has 12 bytes.
	readLimit = 1 << 10
)
