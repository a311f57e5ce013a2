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
	append(w wire.Writer) wire.Writer
}

// Append appends the encoded message, padded to 4 bytes. It returns b and
// wire.ErrTooLong where Message Length cannot hold the message. A pointer to a
// message is a Message too: to pass it spares the copy that the value needs.
func Append(b []byte, m Message) ([]byte, error) {
	w := m.append(*wire.NewWriter(b, uint8(m.Type()), m.flags()))
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
// none); see [Decoded.Reply]. Nothing but error causes and what was unknown
// aliases b. A [Decoder] does without allocating.
func Parse(b []byte) (Decoded, error) {
	h, msg, err := wire.ParseHeader(b)
	if err != nil {
		return Decoded{Header: h}, err
	}
	r := wire.NewReader(MessageType(h.Type).String(), msg[4:])
	return decoded(h, msg, r, read(r, h))
}

// read reads the message behind its header, nil if its type is not known.
func read(r *wire.Reader, h wire.Header) Message {
	switch MessageType(h.Type) {
	case TypeRegistration:
		return readRegistration(r)
	case TypeDeregistration:
		return readDeregistration(r)
	case TypeRegistrationResponse:
		return readRegistrationResponse(r, h.Flags)
	case TypeDeregistrationResponse:
		return readDeregistrationResponse(r)
	case TypeHandleResolution:
		return readHandleResolution(r, h.Flags)
	case TypeHandleResolutionResponse:
		return readHandleResolutionResponse(r, h.Flags)
	case TypeEndpointKeepAlive:
		return readEndpointKeepAlive(r, h.Flags)
	case TypeEndpointKeepAliveAck:
		return readEndpointKeepAliveAck(r)
	case TypeEndpointUnreachable:
		return readEndpointUnreachable(r)
	case TypeServerAnnounce:
		return readServerAnnounce(r, nil)
	case TypeCookie:
		return readCookie(r)
	case TypeCookieEcho:
		return readCookieEcho(r)
	case TypeBusinessCard:
		return readBusinessCard(r)
	case TypeError:
		return readError(r)
	default:
		return nil
	}
}

// decoded ends the reading of m, which is what r gave.
func decoded(h wire.Header, msg []byte, r *wire.Reader, m Message) (d Decoded, err error) {
	d.Header = h
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
