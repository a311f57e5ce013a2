package wire

import (
	"encoding/binary"
	"slices"
	"strconv"
)

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
func (w *Writer) PoolElement(e PoolElement) { w.poolElement(&e) }

func (w *Writer) poolElement(e *PoolElement) {
	w.align()
	mark := len(w.buf)
	b := binary.BigEndian.AppendUint64(w.buf, uint64(TypePoolElement)<<48|uint64(e.ID))
	w.buf = binary.BigEndian.AppendUint64(b, uint64(e.HomeServer)<<32|uint64(uint32(e.Life)))
	w.transport(&e.UserTransport)
	w.policy(&e.Policy)
	if e.ASAPTransport.Present() {
		w.transport(&e.ASAPTransport)
	}
	w.Close(mark)
}

// PoolElements appends a Pool Element parameter for each of list.
func (w *Writer) PoolElements(list []PoolElement) {
	start := len(w.buf)
	for i := range list {
		if w.poolElement(&list[i]); i == 0 { // the others are likely to be as long
			w.buf = slices.Grow(w.buf, min((len(list)-1)*(len(w.buf)-start), MaxMessage))
		}
	}
}

// TLV encodes the element as an error cause carries it; its length tells how
// much room the element takes in a message.
func (e PoolElement) TLV() []byte {
	w := Writer{buf: make([]byte, 0, smallMessage)}
	w.poolElement(&e)
	return w.buf
}

// PoolElement reads a Pool Element parameter.
func (r *Reader) PoolElement() (e PoolElement) {
	r.poolElement(&e)
	return e
}

// poolElement reads a Pool Element parameter into e, whatever was there before.
func (r *Reader) poolElement(e *PoolElement) {
	p, ok := r.Take(TypePoolElement)
	if !ok {
		*e = PoolElement{}
		return
	}
	before := r.memory.addresses
	if !r.plainElement(p.TLV, e) {
		r.memory.addresses = before // gives back what it took
		r.anyElement(p, e)
	}
}

// anyElement reads the pool element p into e in the general way.
func (r *Reader) anyElement(p Raw, e *PoolElement) {
	outer := r.enter(p)
	*e = PoolElement{
		ID:         PEIdentifier(r.Uint32()),
		HomeServer: ServerID(r.Uint32()),
		Life:       RegistrationLife(r.Uint32()),
	}
	switch {
	case !r.registering:
	case e.ID == 0:
		r.Invalid("PE identifier must not be 0", p.TLV)
	case !e.Life.allowed():
		r.Invalid("registration life must be positive, or -1 for ever, is "+strconv.Itoa(int(e.Life)), p.TLV)
	}
	e.UserTransport = r.Transport()
	e.Policy = r.Policy()
	if r.Peek() != 0 {
		e.ASAPTransport = r.SCTPTransport()
	}
	r.leave(outer) // e stays also where it is invalid: a refusal names its ID
}

// minElementLen is the length of the shortest pool element that can be valid:
// with an empty opaque transport and a policy without data.
const (
	elementFixedLen = headerLen + 12
	minElementLen   = elementFixedLen + headerLen + policyHeaderLen
)

// PoolElements reads Pool Element parameters as long as there are any, up to
// one that cannot be used.
func (r *Reader) PoolElements() []PoolElement {
	if r.Peek() != TypePoolElement {
		return nil
	}
	more, size := r.elementsAhead()
	list := r.memory.elements.take(1 + more)
	for r.Peek() == TypePoolElement {
		n, addresses := len(list), r.memory.addresses.total
		if n < cap(list) {
			list = list[:n+1]
		} else {
			list = append(list, PoolElement{})
		}
		if r.poolElement(&list[n]); r.err != nil {
			list = list[:n]
			break
		}
		if n == 0 { // the others are likely to have as many addresses
			r.memory.addresses.reserve(min(more*(r.memory.addresses.total-addresses), size/ipv4Len))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// elementsAhead counts the pool elements that follow one another behind the
// next parameter, and the bytes they take.
func (r *Reader) elementsAhead() (n, size int) {
	for b := r.rest; ; n++ {
		t, length := parameterHeader(b)
		if t != TypePoolElement || length < minElementLen {
			return n, size
		}
		length = min(Padded(length), len(b))
		b = b[length:]
		size += length
	}
}
