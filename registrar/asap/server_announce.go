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

func (m ServerAnnounce) append(w wire.Writer) wire.Writer {
	w.Uint32(uint32(m.Server))
	for _, t := range m.Transports {
		w.Transport(t)
	}
	return w
}

// readServerAnnounce keeps the usable transports of an announcement that also
// has others: it is invalid then, and still worth reading (ASAP-6.6-10). It puts
// them behind list.
func readServerAnnounce(r *wire.Reader, list []wire.Transport) ServerAnnounce {
	m := ServerAnnounce{Server: wire.ServerID(r.Uint32())}
	for in := r; in.Peek().IsTransport(); {
		t := in.Transport()
		switch {
		case in.Err() != nil:
		case t.Type == wire.TypeSCTPTransport || t.Type == wire.TypeTCPTransport:
			list = append(list, t)
			m.Transports = list
		case in == r:
			r.Invalid("transports must be SCTP or TCP, have "+t.Type.String(), t.TLV())
			in = r.Beyond()
		}
	}
	return m
}
