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
	// Private, see hold.go.
	TypeHold    MessageType = 0x3c
	TypeHoldAck MessageType = 0x3d
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
	TypeHold:                "HOLD",
	TypeHoldAck:             "HOLD_ACK",
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

// head writes what every message starts with.
func (i IDs) head(w *wire.Writer) { w.Uint64(uint64(i.Sender)<<32 | uint64(i.Receiver)) }

// Message is one of the message types of this package.
type Message interface {
	Type() MessageType
	Addressed() IDs
	flags() uint8
	append(w wire.Writer) wire.Writer
}

// Append appends the encoded message, padded to 4 bytes. It returns b and
// wire.ErrTooLong where Message Length cannot hold the message. A pointer to a
// message is a Message too: to pass it spares the copy that the value needs.
func Append(b []byte, m Message) ([]byte, error) {
	w := *wire.NewWriter(b, uint8(m.Type()), m.flags())
	m.Addressed().head(&w)
	w = m.append(w)
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
// none); see [Decoded.Reply]. Nothing but error causes and what was unknown
// aliases b. A [Decoder] does without allocating.
func Parse(b []byte) (Decoded, error) {
	h, msg, err := wire.ParseHeader(b)
	if err != nil {
		return Decoded{Header: h}, err
	}
	r := wire.NewReader(MessageType(h.Type).String(), msg[4:])
	ids := readIDs(r)
	return decoded(h, msg, ids, r, read(r, h, ids))
}

func readIDs(r *wire.Reader) IDs {
	return IDs{Sender: wire.ServerID(r.Uint32()), Receiver: wire.ServerID(r.Uint32())}
}

// read reads the message behind its IDs, nil if its type is not known.
func read(r *wire.Reader, h wire.Header, ids IDs) Message {
	switch MessageType(h.Type) {
	case TypePresence:
		return readPresence(r, h.Flags, ids)
	case TypeHandleTableRequest:
		return readHandleTableRequest(h.Flags, ids)
	case TypeHandleTableResponse:
		return readHandleTableResponse(r, h.Flags, ids, nil)
	case TypeHandleUpdate:
		return readHandleUpdate(r, h.Flags, ids)
	case TypeListRequest:
		return ListRequest{ids}
	case TypeListResponse:
		return readListResponse(r, h.Flags, ids, nil)
	case TypeInitTakeover:
		return InitTakeover{readTakeover(r, ids)}
	case TypeInitTakeoverAck:
		return InitTakeoverAck{readTakeover(r, ids)}
	case TypeTakeoverServer:
		return TakeoverServer{readTakeover(r, ids)}
	case TypeError:
		return readError(r, ids)
	case TypeHold:
		return readHold(r, h.Flags, ids)
	case TypeHoldAck:
		return readHoldAck(r, h.Flags, ids)
	default:
		return nil
	}
}

// decoded ends the reading of m, which is what r gave.
func decoded(h wire.Header, msg []byte, ids IDs, r *wire.Reader, m Message) (d Decoded, err error) {
	d.Header, d.IDs = h, ids
	if m == nil {
		d.Reports, err = wire.UnknownMessage(msg)
		return d, err
	}
	r.End()
	class := wire.ClassOf(r.Err())
	if class == wire.OK || class == wire.Invalid {
		d.Message = m
	}
	if class != wire.Malformed { // what was cut with broken lengths is not to be reported
		d.Findings = r.Findings()
	}
	return d, r.Err()
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
