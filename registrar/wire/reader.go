package wire

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// Reader reads the parameters of one message in wire order. The first thing
// that ends the reading decides its class; after it every method returns zero
// values and Err says why. Opaque bytes alias the input: clone what you keep.
type Reader struct {
	rest []byte
	// next is the parameter that Peek saw, if it was not taken yet.
	next Raw
	err  error
	// inside is the parameter being read, blamed where something is missing in it.
	inside []byte
	// name is the message's; path are the parameters being read in it, depth of them.
	name  string
	path  [maxDepth]ParameterType
	depth uint8
	// items and registering make the reading depend on the message.
	items, registering bool
	found              Findings
	memory             memory
}

// maxDepth is how deep parameters with parameters lie in one another: a
// transport or policy in a pool element, a transport in server information.
const maxDepth = 2

// Findings collects what the reading of one message met on the way, also
// where the reading failed later on.
type Findings struct {
	// Unknown are the parameters that were skipped, in wire order.
	Unknown []Raw
	// Reports are the causes to send back in one error message, in wire order.
	Reports []Cause
}

// NewReader reads the fixed fields and parameters in value, the message
// without its header. The name of the message goes into errors. What is read has
// memory of its own.
func NewReader(name string, value []byte) *Reader { return &Reader{name: name, rest: value} }

// Reuse goes on with another message, as NewReader does, in the memory of what
// the reader read before: nothing of that may be in use any more, pool handles
// apart. They are kept, so that one that was seen lately is not allocated again.
func (r *Reader) Reuse(name string, value []byte) {
	r.rest, r.next, r.err = value, Raw{}, nil
	r.inside, r.name, r.depth = nil, name, 0
	r.items, r.registering = false, false
	r.found = Findings{Unknown: r.found.Unknown[:0], Reports: r.found.Reports[:0]}
	r.memory.reuse()
}

// Findings gives what the reading met so far.
func (r *Reader) Findings() Findings {
	f := r.found
	if len(f.Unknown) == 0 { // there is only memory of before
		f.Unknown = nil
	}
	if len(f.Reports) == 0 {
		f.Reports = nil
	}
	return f
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
			r.err = malformed(r.where(), what)
		}
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// where names the message and the parameters being read, for errors.
func (r *Reader) where() string {
	where := []string{r.name}
	for _, t := range r.path[:r.depth] {
		where = append(where, t.role())
	}
	return strings.Join(where, ": ")
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
	t, n := parameterHeader(r.rest)
	if n == 0 {
		r.err = r.badHeader()
		return Raw{}, false
	}
	p := Raw{Type: t, TLV: r.rest[:n]}
	r.rest = r.rest[min(Padded(n), len(r.rest)):]
	return p, true
}

// parameterHeader gives type and length of the parameter at the start of b,
// length 0 where there is no whole one.
func parameterHeader(b []byte) (t ParameterType, length int) {
	if len(b) < headerLen {
		return 0, 0
	}
	head := binary.BigEndian.Uint32(b)
	length = int(head & 0xffff)
	if length < headerLen || length > len(b) {
		return 0, 0
	}
	return ParameterType(head >> 16), length
}

// badHeader says why there is no whole parameter at the start of the input.
func (r *Reader) badHeader() error {
	if len(r.rest) < headerLen {
		return malformed(r.where(), "parameter header: need 4 bytes, have "+strconv.Itoa(len(r.rest)))
	}
	t, n := binary.BigEndian.Uint16(r.rest), binary.BigEndian.Uint16(r.rest[2:])
	return malformed(r.where(), "parameter "+ParameterType(t).String()+": length "+strconv.Itoa(int(n))+
		", want 4 to "+strconv.Itoa(len(r.rest)))
}

// unknown applies the action bits of a parameter that is not known.
func (r *Reader) unknown(p Raw) {
	r.found.Unknown = append(r.found.Unknown, p)
	if p.Type.Reports() {
		r.found.Reports = append(r.found.Reports, Cause{Code: CauseUnrecognizedParameter, Info: p.TLV})
	}
	if p.Type.Stops() {
		r.err = &Error{Class: Discard, Where: r.where(), What: "unknown parameter " + p.Type.String()}
	}
}

// Take reads the next parameter, which must be of type t. What comes instead,
// or nothing, makes the message invalid.
func (r *Reader) Take(t ParameterType) (Raw, bool) {
	if r.err == nil && r.next.TLV == nil && t.Known() {
		if have, n := parameterHeader(r.rest); have == t && n != 0 {
			p := Raw{Type: t, TLV: r.rest[:n]}
			r.rest = r.rest[min(Padded(n), len(r.rest)):]
			return p, true
		}
	}
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
			Class: Invalid, Where: r.where(), What: what,
			Cause: Cause{Code: CauseInvalidValues, Info: culprit},
		}
	}
}

// Beyond reads on behind what made the message invalid, for what a refusal must
// name and what is usable all the same. Nothing that it meets counts.
func (r *Reader) Beyond() *Reader {
	return &Reader{rest: r.rest, next: r.next, name: r.name}
}

// outer is where the reading goes on behind the inside of a parameter.
type outer struct {
	rest, inside []byte
	items        bool
}

// enter goes on with the inside of p, which was just taken; back or leave
// return to what is around it.
func (r *Reader) enter(p Raw) outer {
	o := outer{r.rest, r.inside, r.items}
	r.rest, r.inside, r.items = p.Value(), p.TLV, false
	r.path[r.depth] = p.Type
	r.depth++
	return o
}

// leave ends the inside of a parameter, where no known parameter may be left.
func (r *Reader) leave(o outer) (ok bool) {
	r.End()
	r.back(o)
	return r.err == nil
}

// back leaves the inside of a parameter wherever the reading is in it.
func (r *Reader) back(o outer) {
	r.rest, r.inside, r.items = o.rest, o.inside, o.items
	r.next = Raw{}
	r.depth--
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
	if r.registering && len(p.TLV) == headerLen {
		r.Invalid("pool handle must not be empty", p.TLV)
	}
	return r.memory.handle(p.Value())
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
