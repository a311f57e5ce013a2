package asap

import "rserpool/registrar/wire"

// flagAccept is the A bit of HANDLE_RESOLUTION_RESPONSE.
const flagAccept = 0x01

// HandleResolutionResponse lists elements of a pool, or says why it cannot (RFC
// 5352 section 2.2.6). Causes, not the A bit, make it negative.
type HandleResolutionResponse struct {
	// Accepted is the A bit: updates will follow.
	Accepted bool
	Handle   wire.PoolHandle
	// Policy is the pool's; absent means Round Robin.
	Policy   wire.Policy
	Elements []wire.PoolElement
	Causes   []wire.Cause
}

// Type is TypeHandleResolutionResponse.
func (HandleResolutionResponse) Type() MessageType { return TypeHandleResolutionResponse }

func (m HandleResolutionResponse) flags() uint8 { return wire.Bit(m.Accepted, flagAccept) }

func (m HandleResolutionResponse) append(w wire.Writer) wire.Writer {
	w.PoolHandle(m.Handle)
	if m.Policy.Present() {
		w.Policy(m.Policy)
	}
	w.PoolElements(m.Elements)
	w.OperationError(m.Causes)
	return w
}

func readHandleResolutionResponse(r *wire.Reader, flags uint8) HandleResolutionResponse {
	m := HandleResolutionResponse{Accepted: flags&flagAccept != 0, Handle: r.PoolHandle()}
	m.Policy, m.Elements = optionalPolicy(r), r.PoolElements()
	m.Causes = optionalCauses(r)
	return m
}

func optionalPolicy(r *wire.Reader) wire.Policy {
	if r.Peek() != wire.TypePolicy {
		return wire.Policy{}
	}
	return r.Policy()
}
