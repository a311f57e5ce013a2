package enrp

import "rserpool/registrar/wire"

// MessageType is the type of an ENRP message (RFC 5353 section 2).
type MessageType uint8

// The ENRP messages.
const (
	TypePresence            MessageType = 0x01
	TypeHandleTableRequest  MessageType = 0x02
	TypeHandleTableResponse MessageType = 0x03
	TypeHandleUpdate        MessageType = 0x04
	TypeListRequest         MessageType = 0x05
	TypeListResponse        MessageType = 0x06
	TypeInitTakeover        MessageType = 0x07
	TypeInitTakeoverAck     MessageType = 0x08
	TypeTakeoverServer      MessageType = 0x09
	TypeError               MessageType = 0x0a
)

// names are the RFC's, without their ENRP_ prefix.
var names = [...]string{
	TypePresence:            "PRESENCE",
	TypeHandleTableRequest:  "HANDLE_TABLE_REQUEST",
	TypeHandleTableResponse: "HANDLE_TABLE_RESPONSE",
	TypeHandleUpdate:        "HANDLE_UPDATE",
	TypeListRequest:         "LIST_REQUEST",
	TypeListResponse:        "LIST_RESPONSE",
	TypeInitTakeover:        "INIT_TAKEOVER",
	TypeInitTakeoverAck:     "INIT_TAKEOVER_ACK",
	TypeTakeoverServer:      "TAKEOVER_SERVER",
	TypeError:               "ERROR",
}

// String gives the RFC's name without ENRP_, "UNKNOWN" for other types.
func (t MessageType) String() string {
	if int(t) < len(names) && names[t] != "" {
		return names[t]
	}
	return "UNKNOWN"
}

// IDs are the two fields that every ENRP message starts with.
type IDs struct {
	Sender wire.ServerID
	// Receiver is 0 for everybody.
	Receiver wire.ServerID
}

// Addressed gives the two IDs of a message.
func (i IDs) Addressed() IDs { return i }

// Message is one of the message types of this package.
type Message interface {
	Type() MessageType
	Addressed() IDs
	flags() uint8
	append(w *wire.Writer)
}

// Append appends the encoded message, padded to 4 bytes. It returns b and
// wire.ErrTooLong where Message Length cannot hold the message.
func Append(b []byte, m Message) ([]byte, error) {
	w := wire.NewWriter(b, uint8(m.Type()), m.flags())
	ids := m.Addressed()
	w.Uint32(uint32(ids.Sender))
	w.Uint32(uint32(ids.Receiver))
	m.append(w)
	return w.Finish()
}

// Decoded is what reading one message gives.
type Decoded struct {
	wire.Header
	wire.Findings
	// IDs are zero where the message is too short to have them.
	IDs
	// Message is nil where the message is malformed or discarded. Where it is
	// invalid it holds what had been read.
	Message Message
}

// Parse reads the message at the start of b; what follows it is not looked at.
// The error is a *wire.Error. Decoded is set as far as the reading came, and
// its Reports are to be sent back whatever the error is (a malformed message has
// none); see [Decoded.Reply].
func Parse(b []byte) (Decoded, error) {
	h, msg, err := wire.ParseHeader(b)
	d := Decoded{Header: h}
	if err != nil {
		return d, err
	}
	r := wire.NewReader(MessageType(h.Type).String(), msg[4:], &d.Findings)
	d.IDs = IDs{Sender: wire.ServerID(r.Uint32()), Receiver: wire.ServerID(r.Uint32())}
	read := reader(MessageType(h.Type))
	if read == nil {
		d.Reports, err = wire.UnknownMessage(msg)
		return d, err
	}
	m := read(r, h.Flags, d.IDs)
	r.End()
	switch wire.ClassOf(r.Err()) {
	case wire.OK, wire.Invalid:
		d.Message = m
	case wire.Discard:
	case wire.Malformed:
		d.Findings = wire.Findings{} // what was cut with broken lengths is not to be reported
	}
	return d, r.Err()
}

func reader(t MessageType) func(*wire.Reader, uint8, IDs) Message {
	switch t {
	case TypePresence:
		return readPresence
	case TypeHandleTableRequest:
		return readHandleTableRequest
	case TypeHandleTableResponse:
		return readHandleTableResponse
	case TypeHandleUpdate:
		return readHandleUpdate
	case TypeListRequest:
		return readListRequest
	case TypeListResponse:
		return readListResponse
	case TypeInitTakeover:
		return readInitTakeover
	case TypeInitTakeoverAck:
		return readInitTakeoverAck
	case TypeTakeoverServer:
		return readTakeoverServer
	case TypeError:
		return readError
	default:
		return nil
	}
}

// fixedLen is the fixed part of every ENRP message in front of the causes of
// an error message.
const fixedLen = 12

// Causes are the error causes to send back, shortened to fit into one
// ENRP_ERROR. An error message is never answered by one.
func (d Decoded) Causes() []wire.Cause {
	if MessageType(d.Type) == TypeError {
		return nil
	}
	return wire.FitCauses(d.Reports, wire.MaxMessage-fixedLen)
}

// Reply is the ENRP_ERROR from self that reports what the reading met (RFC 5353
// sections 2.10 and 3.7), nil where there is nothing to report.
func (d Decoded) Reply(self wire.ServerID) []byte {
	causes := d.Causes()
	if len(causes) == 0 {
		return nil
	}
	b, err := Append(nil, Error{IDs: IDs{Sender: self, Receiver: d.Sender}, Causes: causes})
	if err != nil {
		return nil
	}
	return b
}
