package asap

import "rserpool/registrar/wire"

// flagHome is the H bit of ENDPOINT_KEEP_ALIVE.
const flagHome = 0x01

// EndpointKeepAlive asks a pool element whether it is alive (RFC 5352 section
// 2.2.7).
type EndpointKeepAlive struct {
	// Home is the H bit: the sender is the element's home from now on.
	Home   bool
	Server wire.ServerID
	Handle wire.PoolHandle
	// ID tells elements of one pool on one association apart. The RFC has no
	// such parameter, RSPLIB has; 0 leaves it out.
	ID wire.PEIdentifier
}

// Type is TypeEndpointKeepAlive.
func (EndpointKeepAlive) Type() MessageType { return TypeEndpointKeepAlive }

func (m EndpointKeepAlive) flags() uint8 { return wire.Bit(m.Home, flagHome) }

func (m EndpointKeepAlive) append(w wire.Writer) wire.Writer {
	w.Uint32(uint32(m.Server))
	w.PoolHandle(m.Handle)
	if m.ID != 0 {
		w.PEIdentifier(m.ID)
	}
	return w
}

func readEndpointKeepAlive(r *wire.Reader, flags uint8) EndpointKeepAlive {
	m := EndpointKeepAlive{Home: flags&flagHome != 0, Server: wire.ServerID(r.Uint32()), Handle: r.PoolHandle()}
	if r.Peek() == wire.TypePEIdentifier {
		m.ID = r.PEIdentifier()
	}
	return m
}
