//go:build linux && !386

package kernel

import (
	"encoding/binary"
	"fmt"

	"github.com/ishidawataru/sctp"
)

// event is what a notification says, as far as it matters here.
type event int

const (
	eventOther event = iota
	// eventUp: an association is established.
	eventUp
	// eventFailed: one that was dialled is not.
	eventFailed
	// eventLost: one was aborted, or its peer does not answer.
	eventLost
	// eventRestart: its peer has begun anew (RFC 9260 section 5.2.2).
	eventRestart
	// eventShutdown: the peer sends nothing more.
	eventShutdown
	// eventDown: a shutdown is complete.
	eventDown
	// eventTorn: the rest of a message, parts of which were read, will not come.
	eventTorn
	// eventTooLong is not the kernel's: the peer sends a message longer than any may be.
	eventTooLong
)

// notification is one that the kernel has put among the messages.
type notification struct {
	event event
	id    associationID
	// reason is what the peer's ABORT says, for an error message.
	reason string
}

// changes are the states of an SCTP_ASSOC_CHANGE.
var changes = map[sctp.SCTPState]event{
	sctp.SCTP_COMM_UP:        eventUp,
	sctp.SCTP_COMM_LOST:      eventLost,
	sctp.SCTP_RESTART:        eventRestart,
	sctp.SCTP_SHUTDOWN_COMP:  eventDown,
	sctp.SCTP_CANT_STR_ASSOC: eventFailed,
}

// parseNotification reads a union sctp_notification (RFC 6458 section 6.1). What it
// does not know, or is too short, is eventOther.
func parseNotification(b []byte) notification {
	const (
		changeSize   = 20 // struct sctp_assoc_change without sac_info
		shutdownSize = 12
		partialSize  = 16
	)
	if len(b) < shutdownSize {
		return notification{}
	}
	n, native := notification{}, binary.NativeEndian
	switch kind := sctp.SCTPNotificationType(native.Uint16(b)); {
	case kind == sctp.SCTP_ASSOC_CHANGE && len(b) >= changeSize:
		n.event = changes[sctp.SCTPState(native.Uint16(b[8:]))]
		n.id = associationID(native.Uint32(b[16:]))
		n.reason = abortReason(b[changeSize:])
	case kind == sctp.SCTP_SHUTDOWN_EVENT:
		n.event = eventShutdown
		n.id = associationID(native.Uint32(b[8:]))
	case kind == sctp.SCTP_PARTIAL_DELIVERY_EVENT && len(b) >= partialSize:
		n.event = eventTorn // there is no other indication than "aborted"
		n.id = associationID(native.Uint32(b[12:]))
	}
	return n
}

// Error causes of an ABORT, RFC 9260 section 3.3.10.
const (
	causeOutOfResource     = 4
	causeUserAbort         = 12
	causeProtocolViolation = 13
)

// abortReason reads the first cause of an ABORT; "" when there is none.
func abortReason(b []byte) string {
	const headerSize = 4
	if len(b) < headerSize {
		return ""
	}
	code, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
	if size < headerSize || size > len(b) {
		return "malformed reason"
	}
	text := b[headerSize:min(size, headerSize+maxReason)]
	switch {
	case code == causeUserAbort && len(text) == 0:
		return ""
	case code == causeUserAbort:
		return fmt.Sprintf("%q", text)
	case code == causeProtocolViolation:
		return fmt.Sprintf("protocol violation: %q", text)
	case code == causeOutOfResource:
		return "out of resource"
	}
	return fmt.Sprintf("error cause %d", code)
}
