package asap

import "rserpool/registrar/wire"

// Deregistration withdraws a registration (RFC 5352 section 2.2.2).
type Deregistration struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
}

// Type is TypeDeregistration.
func (Deregistration) Type() MessageType { return TypeDeregistration }
func (Deregistration) flags() uint8      { return 0 }

func (m Deregistration) append(w wire.Writer) wire.Writer {
	appendResponse(&w, m.Handle, m.ID, nil)
	return w
}

func readDeregistration(r *wire.Reader) Deregistration {
	return Deregistration{Handle: r.PoolHandle(), ID: r.PEIdentifier()}
}
