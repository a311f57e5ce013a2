package enrp

import "rserpool/registrar/wire"

// flagOwnOnly is the W bit of HANDLE_TABLE_REQUEST.
const flagOwnOnly = 0x01

// HandleTableRequest asks for the next part of a peer's handle table (RFC 5353
// section 2.2).
type HandleTableRequest struct {
	IDs
	// OwnOnly is the W bit: only elements whose home the receiver is.
	OwnOnly bool
}

// Type is TypeHandleTableRequest.
func (HandleTableRequest) Type() MessageType { return TypeHandleTableRequest }

func (m HandleTableRequest) flags() uint8 { return wire.Bit(m.OwnOnly, flagOwnOnly) }

func (HandleTableRequest) append(w wire.Writer) wire.Writer { return w }

func readHandleTableRequest(flags uint8, ids IDs) HandleTableRequest {
	return HandleTableRequest{IDs: ids, OwnOnly: flags&flagOwnOnly != 0}
}
