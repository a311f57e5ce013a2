package asap

import "rserpool/registrar/wire"

// EndpointUnreachable reports an element that could not be reached (RFC 5352
// section 2.2.9).
type EndpointUnreachable struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
}

// Type is TypeEndpointUnreachable.
func (EndpointUnreachable) Type() MessageType { return TypeEndpointUnreachable }
func (EndpointUnreachable) flags() uint8      { return 0 }

func (m EndpointUnreachable) append(w wire.Writer) wire.Writer {
	appendResponse(&w, m.Handle, m.ID, nil)
	return w
}

func readEndpointUnreachable(r *wire.Reader) EndpointUnreachable {
	return EndpointUnreachable{Handle: r.PoolHandle(), ID: r.PEIdentifier()}
}
