package enrp

import "rserpool/registrar/wire"

// Error reports what could not be understood (RFC 5353 section 2.10). It is
// never answered.
type Error struct {
	IDs
	Causes []wire.Cause
}

// Type is TypeError.
func (Error) Type() MessageType { return TypeError }
func (Error) flags() uint8      { return 0 }

func (m Error) append(w wire.Writer) wire.Writer {
	w.OperationError(m.Causes)
	return w
}

func readError(r *wire.Reader, ids IDs) Error {
	return Error{IDs: ids, Causes: r.OperationError()}
}
