package asap

import "rserpool/registrar/wire"

// Error reports what could not be understood (RFC 5352 section 2.2.14). It is
// never answered.
type Error struct{ Causes []wire.Cause }

// Type is TypeError.
func (Error) Type() MessageType { return TypeError }
func (Error) flags() uint8      { return 0 }

func (m Error) append(w wire.Writer) wire.Writer {
	w.OperationError(m.Causes)
	return w
}

func readError(r *wire.Reader) Error { return Error{r.OperationError()} }
