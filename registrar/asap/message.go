package asap

import "rserpool/registrar/wire"

// MessageType is the type of an ASAP message (RFC 5352 section 2.2).
type MessageType uint8

// The ASAP messages.
const (
	TypeRegistration             MessageType = 0x01
	TypeDeregistration           MessageType = 0x02
	TypeRegistrationResponse     MessageType = 0x03
	TypeDeregistrationResponse   MessageType = 0x04
	TypeHandleResolution         MessageType = 0x05
	TypeHandleResolutionResponse MessageType = 0x06
	TypeEndpointKeepAlive        MessageType = 0x07
	TypeEndpointKeepAliveAck     MessageType = 0x08
	TypeEndpointUnreachable      MessageType = 0x09
	TypeServerAnnounce           MessageType = 0x0a
	TypeCookie                   MessageType = 0x0b
	TypeCookieEcho               MessageType = 0x0c
	TypeBusinessCard             MessageType = 0x0d
	TypeError                    MessageType = 0x0e
)

// names are the RFC's, without their ASAP_ prefix.
var names = [...]string{
	TypeRegistration:             "REGISTRATION",
	TypeDeregistration:           "DEREGISTRATION",
	TypeRegistrationResponse:     "REGISTRATION_RESPONSE",
	TypeDeregistrationResponse:   "DEREGISTRATION_RESPONSE",
	TypeHandleResolution:         "HANDLE_RESOLUTION",
	TypeHandleResolutionResponse: "HANDLE_RESOLUTION_RESPONSE",
	TypeEndpointKeepAlive:        "ENDPOINT_KEEP_ALIVE",
	TypeEndpointKeepAliveAck:     "ENDPOINT_KEEP_ALIVE_ACK",
	TypeEndpointUnreachable:      "ENDPOINT_UNREACHABLE",
	TypeServerAnnounce:           "SERVER_ANNOUNCE",
	TypeCookie:                   "COOKIE",
	TypeCookieEcho:               "COOKIE_ECHO",
	TypeBusinessCard:             "BUSINESS_CARD",
	TypeError:                    "ERROR",
}

// String gives the RFC's name without ASAP_, "UNKNOWN" for other types.
func (t MessageType) String() string {
	if int(t) < len(names) && names[t] != "" {
		return names[t]
	}
	return "UNKNOWN"
}

// Message is one of the message types of this package.
type Message interface {
	Type() MessageType
	flags() uint8
	append(w *wire.Writer)
}

// Append appends the encoded message, padded to 4 bytes. It returns b and
// wire.ErrTooLong where Message Length cannot hold the message.
func Append(b []byte, m Message) ([]byte, error) {
	w := wire.NewWriter(b, uint8(m.Type()), m.flags())
	m.append(w)
	return w.Finish()
}

// Decoded is what reading one message gives.
type Decoded struct {
	wire.Header
	wire.Findings
	// Message is nil where the message is malformed or discarded. Where it is
	// invalid it holds what had been read, so that a refusal can name it.
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
	read := reader(MessageType(h.Type))
	if read == nil {
		d.Reports, err = wire.UnknownMessage(msg)
		return d, err
	}
	r := wire.NewReader(MessageType(h.Type).String(), msg[4:], &d.Findings)
	m := read(r, h.Flags)
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

func reader(t MessageType) func(*wire.Reader, uint8) Message {
	switch t {
	case TypeRegistration:
		return readRegistration
	case TypeDeregistration:
		return readDeregistration
	case TypeRegistrationResponse:
		return readRegistrationResponse
	case TypeDeregistrationResponse:
		return readDeregistrationResponse
	case TypeHandleResolution:
		return readHandleResolution
	case TypeHandleResolutionResponse:
		return readHandleResolutionResponse
	case TypeEndpointKeepAlive:
		return readEndpointKeepAlive
	case TypeEndpointKeepAliveAck:
		return readEndpointKeepAliveAck
	case TypeEndpointUnreachable:
		return readEndpointUnreachable
	case TypeServerAnnounce:
		return readServerAnnounce
	case TypeCookie:
		return readCookie
	case TypeCookieEcho:
		return readCookieEcho
	case TypeBusinessCard:
		return readBusinessCard
	case TypeError:
		return readError
	default:
		return nil
	}
}

// Reply is the ASAP_ERROR that reports what the reading met (RFC 5352 section
// 2.2.14), nil where there is nothing to report. An error message is never
// answered by one.
func (d Decoded) Reply() []byte {
	if len(d.Reports) == 0 || MessageType(d.Type) == TypeError {
		return nil
	}
	b, err := Append(nil, Error{Causes: wire.FitCauses(d.Reports, wire.MaxMessage-4)})
	if err != nil {
		return nil
	}
	return b
}
