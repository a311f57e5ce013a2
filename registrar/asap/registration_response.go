package asap

import "rserpool/registrar/wire"

// flagReject is the R bit of REGISTRATION_RESPONSE.
const flagReject = 0x01

// RegistrationResponse answers a Registration (RFC 5352 section 2.2.3).
type RegistrationResponse struct {
	// Reject is the R bit. An accepted registration with causes is a warning.
	Reject bool
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
	Causes []wire.Cause
}

// Type is TypeRegistrationResponse.
func (RegistrationResponse) Type() MessageType { return TypeRegistrationResponse }

func (m RegistrationResponse) flags() uint8 { return wire.Bit(m.Reject, flagReject) }

func (m RegistrationResponse) append(w wire.Writer) wire.Writer {
	appendResponse(&w, m.Handle, m.ID, m.Causes)
	return w
}

func readRegistrationResponse(r *wire.Reader, flags uint8) RegistrationResponse {
	m := RegistrationResponse{Reject: flags&flagReject != 0, Handle: r.PoolHandle(), ID: r.PEIdentifier()}
	m.Causes = optionalCauses(r)
	return m
}

func appendResponse(w *wire.Writer, h wire.PoolHandle, id wire.PEIdentifier, causes []wire.Cause) {
	w.PoolHandle(h)
	w.PEIdentifier(id)
	w.OperationError(causes)
}

func optionalCauses(r *wire.Reader) []wire.Cause {
	if r.Peek() != wire.TypeOperationError {
		return nil
	}
	return r.OperationError()
}
