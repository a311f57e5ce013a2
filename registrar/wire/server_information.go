package wire

// ServerInformation is a Server Information parameter (RFC 5354 section 3.11):
// a registrar and the SCTP transport of its ENRP endpoint.
type ServerInformation struct {
	ID        ServerID
	Transport Transport
}

// Present reports whether there is server information at all.
func (s ServerInformation) Present() bool { return s.Transport.Present() }

// ServerInformation appends a Server Information parameter.
func (w *Writer) ServerInformation(s ServerInformation) {
	m := w.Open(TypeServerInformation)
	w.Uint32(uint32(s.ID))
	w.Transport(s.Transport)
	w.Close(m)
}

// ServerInformation reads a Server Information parameter.
func (r *Reader) ServerInformation() ServerInformation {
	p, ok := r.Take(TypeServerInformation)
	if !ok {
		return ServerInformation{}
	}
	outer := r.enter(p)
	s := ServerInformation{ID: ServerID(r.Uint32()), Transport: r.SCTPTransport()}
	if !r.leave(outer) {
		return ServerInformation{}
	}
	return s
}
