package wire

import "strconv"

// PoolElement is a Pool Element parameter (RFC 5354 section 3.10).
type PoolElement struct {
	ID PEIdentifier
	// HomeServer is the element's home ENRP server, 0 while undetermined.
	HomeServer ServerID
	// Life is the registration life in seconds.
	Life          RegistrationLife
	UserTransport Transport
	Policy        Policy
	// ASAPTransport is where the element's ASAP endpoint can be reached; it is
	// always SCTP, and absent in what elements send.
	ASAPTransport Transport
}

// PoolElement appends a Pool Element parameter.
//
//	+-------------------------------+-------------------------------+
//	|          Type = 0xa           |       Length = variable       |
//	+-------------------------------+-------------------------------+
//	|                         PE Identifier                         |
//	+---------------------------------------------------------------+
//	|                Home ENRP Server Identifier                    |
//	+---------------------------------------------------------------+
//	|                       Registration Life                       |
//	+---------------------------------------------------------------+
//	:    User Transport, Member Selection Policy, ASAP Transport    :
//	+---------------------------------------------------------------+
func (w *Writer) PoolElement(e PoolElement) {
	m := w.Open(TypePoolElement)
	w.Uint32(uint32(e.ID))
	w.Uint32(uint32(e.HomeServer))
	w.Uint32(uint32(e.Life))
	w.Transport(e.UserTransport)
	w.Policy(e.Policy)
	if e.ASAPTransport.Present() {
		w.Transport(e.ASAPTransport)
	}
	w.Close(m)
}

// TLV encodes the element as an error cause carries it; its length tells how
// much room the element takes in a message.
func (e PoolElement) TLV() []byte { return tlv(func(w *Writer) { w.PoolElement(e) }) }

// PoolElement reads a Pool Element parameter.
func (r *Reader) PoolElement() PoolElement {
	p, ok := r.Take(TypePoolElement)
	if !ok {
		return PoolElement{}
	}
	in := r.nest(p, "pool element")
	e := PoolElement{
		ID:         PEIdentifier(in.Uint32()),
		HomeServer: ServerID(in.Uint32()),
		Life:       RegistrationLife(in.Uint32()),
	}
	switch {
	case !r.registering:
	case e.ID == 0:
		in.Invalid("PE identifier must not be 0", p.TLV)
	case e.Life == 0 || e.Life < InfiniteLife:
		in.Invalid("registration life must be positive, or -1 for ever, is "+strconv.Itoa(int(e.Life)), p.TLV)
	}
	e.UserTransport = in.Transport()
	e.Policy = in.Policy()
	if in.Peek() != 0 {
		e.ASAPTransport = in.SCTPTransport()
	}
	r.leave(in)
	return e // also where it is invalid: a refusal names its ID
}
