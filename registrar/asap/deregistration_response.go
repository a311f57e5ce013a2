package asap

import "rserpool/registrar/wire"

// DeregistrationResponse answers a Deregistration, or tells an element that its
// registration has ended (RFC 5352 sections 2.2.4 and 3.2). It has no reject
// bit: causes make it a refusal.
type DeregistrationResponse struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
	Causes []wire.Cause
}

// Type is TypeDeregistrationResponse.
func (DeregistrationResponse) Type() MessageType { return TypeDeregistrationResponse }
func (DeregistrationResponse) flags() uint8      { return 0 }

func (m DeregistrationResponse) append(w wire.Writer) wire.Writer {
	appendResponse(&w, m.Handle, m.ID, m.Causes)
	return w
}

func readDeregistrationResponse(r *wire.Reader) DeregistrationResponse {
	m := DeregistrationResponse{Handle: r.PoolHandle(), ID: r.PEIdentifier()}
	m.Causes = optionalCauses(r)
	return m
}
