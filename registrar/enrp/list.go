package enrp

import "rserpool/registrar/wire"

// ListRequest asks which registrars a peer knows (RFC 5353 section 2.5).
type ListRequest struct{ IDs }

// Type is TypeListRequest.
func (ListRequest) Type() MessageType                { return TypeListRequest }
func (ListRequest) flags() uint8                     { return 0 }
func (ListRequest) append(w wire.Writer) wire.Writer { return w }

// ListResponse lists the registrars that its sender knows (RFC 5353 section 2.6).
type ListResponse struct {
	IDs
	// Reject is the R bit: the sender cannot serve the request.
	Reject  bool
	Servers []wire.ServerInformation
}

// Type is TypeListResponse.
func (ListResponse) Type() MessageType { return TypeListResponse }

func (m ListResponse) flags() uint8 { return wire.Bit(m.Reject, flagReject) }

func (m ListResponse) append(w wire.Writer) wire.Writer {
	for _, s := range m.Servers {
		w.ServerInformation(s)
	}
	return w
}

// readListResponse puts the servers behind list.
func readListResponse(r *wire.Reader, flags uint8, ids IDs, list []wire.ServerInformation) ListResponse {
	m := ListResponse{IDs: ids, Reject: flags&flagReject != 0}
	if m.Reject && r.Peek() != 0 {
		r.Invalid("a rejection must not have entries", nil)
	}
	for r.Peek() == wire.TypeServerInformation {
		if s := r.ServerInformation(); r.Err() == nil {
			list = append(list, s)
			m.Servers = list
		}
	}
	return m
}
