package asap

import "rserpool/registrar/wire"

// EndpointKeepAliveAck answers an EndpointKeepAlive (RFC 5352 section 2.2.8).
type EndpointKeepAliveAck struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
}

// Type is TypeEndpointKeepAliveAck.
func (EndpointKeepAliveAck) Type() MessageType { return TypeEndpointKeepAliveAck }
func (EndpointKeepAliveAck) flags() uint8      { return 0 }

func (m EndpointKeepAliveAck) append(w wire.Writer) wire.Writer {
	appendResponse(&w, m.Handle, m.ID, nil)
	return w
}

func readEndpointKeepAliveAck(r *wire.Reader) EndpointKeepAliveAck {
	return EndpointKeepAliveAck{Handle: r.PoolHandle(), ID: r.PEIdentifier()}
}
