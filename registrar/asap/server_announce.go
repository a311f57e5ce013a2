package asap

import "rserpool/registrar/wire"

// ServerAnnounce tells where a registrar serves ASAP (RFC 5352 section 2.2.10).
type ServerAnnounce struct {
	Server wire.ServerID
	// Transports are SCTP or TCP; without any, the source of the datagram
	// and the well-known port count.
	Transports []wire.Transport
}

// Type is TypeServerAnnounce.
func (ServerAnnounce) Type() MessageType { return TypeServerAnnounce }
func (ServerAnnounce) flags() uint8      { return 0 }

func (m ServerAnnounce) append(w *wire.Writer) {
	w.Uint32(uint32(m.Server))
	for _, t := range m.Transports {
		w.Transport(t)
	}
}

// readServerAnnounce keeps the usable transports of an announcement that also
// has others: it is invalid then, and still worth reading (ASAP-6.6-10).
func readServerAnnounce(r *wire.Reader, _ uint8) Message {
	m := ServerAnnounce{Server: wire.ServerID(r.Uint32())}
	for in := r; in.Peek().IsTransport(); {
		t := in.Transport()
		switch {
		case in.Err() != nil:
		case t.Type == wire.TypeSCTPTransport || t.Type == wire.TypeTCPTransport:
			m.Transports = append(m.Transports, t)
		case in == r:
			r.Invalid("transports must be SCTP or TCP, have "+t.Type.String(), t.TLV())
			in = r.Beyond()
		}
	}
	return m
}
