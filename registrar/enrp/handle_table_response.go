package enrp

import "rserpool/registrar/wire"

// The R and M bits of HANDLE_TABLE_RESPONSE; LIST_RESPONSE shares R.
const (
	flagReject = 0x01
	flagMore   = 0x02
)

// Pool is one entry of a handle table: a pool and some of its elements.
type Pool struct {
	Handle   wire.PoolHandle
	Elements []wire.PoolElement
}

// HandleTableResponse is a part of a handle table (RFC 5353 section 2.3). A pool
// may go on in the next part under the same handle.
type HandleTableResponse struct {
	IDs
	// Reject is the R bit: the sender cannot serve the request.
	Reject bool
	// More is the M bit: ask again for the next part.
	More  bool
	Pools []Pool
}

// Type is TypeHandleTableResponse.
func (HandleTableResponse) Type() MessageType { return TypeHandleTableResponse }

func (m HandleTableResponse) flags() uint8 {
	return wire.Bit(m.Reject, flagReject) | wire.Bit(m.More, flagMore)
}

func (m HandleTableResponse) append(w wire.Writer) wire.Writer {
	for _, p := range m.Pools {
		w.PoolHandle(p.Handle)
		w.PoolElements(p.Elements)
	}
	return w
}

// readHandleTableResponse puts the pools behind list.
func readHandleTableResponse(r *wire.Reader, flags uint8, ids IDs, list []Pool) HandleTableResponse {
	m := HandleTableResponse{IDs: ids, Reject: flags&flagReject != 0, More: flags&flagMore != 0}
	if m.Reject && r.Peek() != 0 {
		r.Invalid("a rejection must not have entries", nil)
	}
	for r.Peek() != 0 {
		p := Pool{Handle: r.PoolHandle(), Elements: r.PoolElements()}
		if len(p.Elements) == 0 {
			r.PoolElement() // fails: a handle alone is no entry
		}
		if r.Err() != nil {
			return m
		}
		list = append(list, p)
		m.Pools = list
	}
	return m
}
