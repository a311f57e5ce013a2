package wire

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Reader reads the parameters of one message in wire order. The first thing
// that ends the reading decides its class; after it every method returns zero
// values and Err says why. Opaque bytes alias the input: clone what you keep.
type Reader struct {
	rest  []byte
	where string
	// inside is the parameter being read, blamed where something is missing in it.
	inside []byte
	next   Raw
	err    error
	found  *Findings
	// items and registering make the reading depend on the message.
	items, registering bool
}

// Findings collects what the reading of one message met on the way, also
// where the reading failed later on.
type Findings struct {
	// Unknown are the parameters that were skipped, in wire order.
	Unknown []Raw
	// Reports are the causes to send back in one error message, in wire order.
	Reports []Cause
}

// NewReader reads the fixed fields and parameters in value, the message
// without its header. The name of the message goes into errors.
func NewReader(name string, value []byte, found *Findings) *Reader {
	return &Reader{rest: value, where: name, found: found}
}

// AllowItems makes the private item count 0x803f a known parameter.
func (r *Reader) AllowItems() { r.items = true }

// Registering makes invalid what only a registration must not have: an empty
// pool handle, PE identifier 0, and a life of 0 or below -1. Other messages
// carry these values, and their procedures decide.
func (r *Reader) Registering() { r.registering = true }

// Err is why the reading ended early, nil if it did not.
func (r *Reader) Err() error { return r.err }

// Uint32 reads a field of a fixed part.
func (r *Reader) Uint32() uint32 {
	if b := r.fixed(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint16 reads a field of a fixed part.
func (r *Reader) Uint16() uint16 {
	if b := r.fixed(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint64 reads a field of a fixed part.
func (r *Reader) Uint64() uint64 {
	if b := r.fixed(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// fixed takes n bytes of a fixed part. Too few make a parameter invalid but a
// message malformed: its length is below the fixed part of its type.
func (r *Reader) fixed(n int) []byte {
	if r.err != nil {
		return nil
	}
	if len(r.rest) < n {
		what := "need " + strconv.Itoa(n) + " bytes, have " + strconv.Itoa(len(r.rest))
		if r.inside != nil {
			r.Invalid(what, r.inside)
		} else {
			r.err = malformed(r.where, what)
		}
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// Peek gives the type of the next known parameter, 0 at the end or after an
// error. Unknown ones in front of it are treated as their action bits say.
func (r *Reader) Peek() ParameterType {
	for r.err == nil && r.next.TLV == nil && len(r.rest) > 0 {
		p, ok := r.cut()
		if !ok {
			return 0
		}
		if p.Type.Known() || r.items && p.Type == TypeResolutionItems {
			r.next = p
			break
		}
		r.unknown(p)
	}
	if r.err != nil {
		return 0
	}
	return r.next.Type
}

// cut takes the next parameter off the input, with its padding.
func (r *Reader) cut() (Raw, bool) {
	if len(r.rest) < headerLen {
		r.err = malformed(r.where, "parameter header: need 4 bytes, have "+strconv.Itoa(len(r.rest)))
		return Raw{}, false
	}
	p := Raw{Type: ParameterType(binary.BigEndian.Uint16(r.rest))}
	n := int(binary.BigEndian.Uint16(r.rest[2:]))
	if n < headerLen || n > len(r.rest) {
		r.err = malformed(r.where, "parameter "+p.Type.String()+": length "+strconv.Itoa(n)+
			", want 4 to "+strconv.Itoa(len(r.rest)))
		return Raw{}, false
	}
	p.TLV = r.rest[:n]
	r.rest = r.rest[min(Padded(n), len(r.rest)):]
	return p, true
}

// unknown applies the action bits of a parameter that is not known.
func (r *Reader) unknown(p Raw) {
	r.found.Unknown = append(r.found.Unknown, p)
	if p.Type.Reports() {
		r.found.Reports = append(r.found.Reports, Cause{Code: CauseUnrecognizedParameter, Info: p.TLV})
	}
	if p.Type.Stops() {
		r.err = &Error{Class: Discard, Where: r.where, What: "unknown parameter " + p.Type.String()}
	}
}

// Take reads the next parameter, which must be of type t. What comes instead,
// or nothing, makes the message invalid.
func (r *Reader) Take(t ParameterType) (Raw, bool) {
	switch r.Peek() {
	case t:
		p := r.next
		r.next = Raw{}
		return p, true
	case 0:
		if r.err == nil {
			r.Invalid("parameter "+t.String()+" is missing", r.inside)
		}
	default:
		r.Invalid("expected parameter "+t.String()+", have "+r.next.Type.String(), r.next.TLV)
	}
	return Raw{}, false
}

// End reads on to the end, where no known parameter may be left.
func (r *Reader) End() {
	if r.Peek() != 0 {
		r.Invalid("unexpected parameter "+r.next.Type.String(), r.next.TLV)
	}
}

// Invalid ends the reading: what says what was expected and what came, culprit
// is the offending parameter, sent back in cause Invalid Values.
func (r *Reader) Invalid(what string, culprit []byte) {
	if r.err == nil {
		r.err = &Error{
			Class: Invalid, Where: r.where, What: what,
			Cause: Cause{Code: CauseInvalidValues, Info: culprit},
		}
	}
}

// Beyond reads on behind what made the message invalid, for what a refusal must
// name and what is usable all the same. Nothing that it meets counts.
func (r *Reader) Beyond() *Reader {
	return &Reader{rest: r.rest, next: r.next, where: r.where, found: &Findings{}}
}

// nest reads the inside of a parameter; leave ends it and takes over its error.
func (r *Reader) nest(p Raw, name string) *Reader {
	return &Reader{rest: p.Value(), where: r.where + ": " + name, inside: p.TLV, found: r.found}
}

func (r *Reader) leave(in *Reader) bool {
	in.End()
	if in.err != nil {
		r.err = in.err
	}
	return r.err == nil
}

// exact takes a parameter whose length is fixed.
func (r *Reader) exact(t ParameterType, length int) []byte {
	p, ok := r.Take(t)
	if !ok {
		return nil
	}
	if len(p.TLV) != length {
		r.Invalid("parameter "+t.String()+": length must be "+strconv.Itoa(length)+", is "+strconv.Itoa(len(p.TLV)), p.TLV)
		return nil
	}
	return p.Value()
}

// PoolHandle reads a Pool Handle parameter (RFC 5354 section 3.9).
func (r *Reader) PoolHandle() PoolHandle {
	p, ok := r.Take(TypePoolHandle)
	if !ok {
		return ""
	}
	h := PoolHandle(p.Value())
	if r.registering && h == "" {
		r.Invalid("pool handle must not be empty", p.TLV)
	}
	return h
}

// Opaque reads a parameter with an opaque value, a copy of it.
func (r *Reader) Opaque(t ParameterType) string {
	p, ok := r.Take(t)
	if !ok {
		return ""
	}
	return string(p.Value())
}

// PEIdentifier reads a PE Identifier parameter (RFC 5354 section 3.14).
func (r *Reader) PEIdentifier() PEIdentifier {
	return PEIdentifier(be32(r.exact(TypePEIdentifier, 8)))
}

// ResolutionItems reads the private item count 0x803f.
func (r *Reader) ResolutionItems() uint32 { return be32(r.exact(TypeResolutionItems, 8)) }

// PEChecksum reads a PE Checksum parameter (RFC 5354 section 3.15).
func (r *Reader) PEChecksum() Checksum {
	b := r.exact(TypePEChecksum, 6)
	if b == nil {
		return 0
	}
	return Checksum(binary.BigEndian.Uint16(b))
}

// address reads an IPv4 or IPv6 Address parameter.
func (r *Reader) address() (netip.Addr, bool) {
	t, length := r.Peek(), 8
	if t == TypeIPv6Address {
		length = 20
	} else {
		t = TypeIPv4Address
	}
	return netip.AddrFromSlice(r.exact(t, length))
}

func be32(b []byte) uint32 {
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}
