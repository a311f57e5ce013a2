package wire

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// MaxMessage is the largest value of the 16-bit Message Length (RFC 5354
// section 4). A message that would be longer is not built.
const MaxMessage = 65535

// ErrTooLong is returned for a message that cannot be encoded because its
// length does not fit into 16 bits. Send it in parts.
var ErrTooLong = errors.New("wire: message longer than 65535 bytes")

// Header is the common message header of RFC 5354 section 4.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|     Type      |   Msg Flags   |         Message Length        |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
type Header struct {
	Type  uint8
	Flags uint8
	// Length counts the header and the value, not the final padding.
	Length int
}

// ParseHeader reads the header of the message at the start of b and returns the
// message without what follows it. Senders differ in whether Message Length
// counts the padding of the last parameter; both are accepted, and so is a last
// message whose padding is missing.
func ParseHeader(b []byte) (Header, []byte, error) {
	if len(b) < headerLen {
		return Header{}, nil, malformed("message header", "need 4 bytes, have "+strconv.Itoa(len(b)))
	}
	h := Header{Type: b[0], Flags: b[1], Length: int(binary.BigEndian.Uint16(b[2:]))}
	if h.Length < headerLen {
		return h, nil, malformed("message header", "message length "+strconv.Itoa(h.Length)+" is below 4")
	}
	if h.Length > len(b) {
		return h, nil, malformed("message header",
			"message length "+strconv.Itoa(h.Length)+", have "+strconv.Itoa(len(b))+" bytes")
	}
	return h, b[:h.Length], nil
}

// UnknownMessage applies the rule for message types that are not known (RFC
// 5354 section 4): all are discarded, those with the high bits 01 are reported
// by the returned cause, which carries msg from its type byte on.
func UnknownMessage(msg []byte) (reports []Cause, err error) {
	if msg[0]>>6 == 1 {
		reports = []Cause{{Code: CauseUnrecognizedMessage, Info: msg}}
	}
	return reports, &Error{Class: Discard, Where: "message", What: "unknown type 0x" + Hex(msg[:1])}
}

// Bit gives the message flag b where it is set.
func Bit(set bool, b uint8) uint8 {
	if set {
		return b
	}
	return 0
}

func malformed(where, what string) *Error {
	return &Error{Class: Malformed, Where: where, What: what}
}
