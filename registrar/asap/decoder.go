package asap

import "rserpool/registrar/wire"

// Decoder reads messages as [Parse] does, one after the other, into memory that
// it uses again. In the steady state it allocates nothing but what is rare: error
// causes, unknown parameters, cookies, opaque and DCCP transports, the data of
// unknown policies, and errors. What it holds is bounded by about a megabyte and
// a half. The zero value is ready to use; do not copy a Decoder that was used.
type Decoder struct {
	reader                   wire.Reader
	registration             Registration
	deregistration           Deregistration
	registrationResponse     RegistrationResponse
	deregistrationResponse   DeregistrationResponse
	handleResolution         HandleResolution
	handleResolutionResponse HandleResolutionResponse
	endpointKeepAlive        EndpointKeepAlive
	endpointKeepAliveAck     EndpointKeepAliveAck
	endpointUnreachable      EndpointUnreachable
	serverAnnounce           ServerAnnounce
	cookie                   Cookie
	cookieEcho               CookieEcho
	businessCard             BusinessCard
	failure                  Error
}

// Decode reads the message at the start of b. It gives what Parse gives, with
// two differences. Decoded.Message is a pointer, so that a type switch names
// *Registration, not Registration. And the message, its lists and the
// addresses in them are good until the next Decode alone: copy what is to be kept
// longer. Pool handles and other strings may be kept.
func (d *Decoder) Decode(b []byte) (Decoded, error) {
	h, msg, err := wire.ParseHeader(b)
	if err != nil {
		return Decoded{Header: h}, err
	}
	d.reader.Reuse(MessageType(h.Type).String(), msg[4:])
	return decoded(h, msg, &d.reader, d.read(h))
}

// read is the function read with the memory of d.
func (d *Decoder) read(h wire.Header) Message {
	r := &d.reader
	switch MessageType(h.Type) {
	case TypeRegistration:
		d.registration = readRegistration(r)
		return &d.registration
	case TypeDeregistration:
		d.deregistration = readDeregistration(r)
		return &d.deregistration
	case TypeRegistrationResponse:
		d.registrationResponse = readRegistrationResponse(r, h.Flags)
		return &d.registrationResponse
	case TypeDeregistrationResponse:
		d.deregistrationResponse = readDeregistrationResponse(r)
		return &d.deregistrationResponse
	case TypeHandleResolution:
		d.handleResolution = readHandleResolution(r, h.Flags)
		return &d.handleResolution
	case TypeHandleResolutionResponse:
		d.handleResolutionResponse = readHandleResolutionResponse(r, h.Flags)
		return &d.handleResolutionResponse
	case TypeEndpointKeepAlive:
		d.endpointKeepAlive = readEndpointKeepAlive(r, h.Flags)
		return &d.endpointKeepAlive
	case TypeEndpointKeepAliveAck:
		d.endpointKeepAliveAck = readEndpointKeepAliveAck(r)
		return &d.endpointKeepAliveAck
	case TypeEndpointUnreachable:
		d.endpointUnreachable = readEndpointUnreachable(r)
		return &d.endpointUnreachable
	case TypeServerAnnounce:
		d.serverAnnounce = readServerAnnounce(r, d.serverAnnounce.Transports[:0])
		return &d.serverAnnounce
	case TypeCookie:
		d.cookie = readCookie(r)
		return &d.cookie
	case TypeCookieEcho:
		d.cookieEcho = readCookieEcho(r)
		return &d.cookieEcho
	case TypeBusinessCard:
		d.businessCard = readBusinessCard(r)
		return &d.businessCard
	case TypeError:
		d.failure = readError(r)
		return &d.failure
	default:
		return nil
	}
}
