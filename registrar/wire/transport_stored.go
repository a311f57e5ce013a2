package wire

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Append appends the transport parameter with its final padding: the form in
// which transports are stored, read by [ParseTransport]. A transport that is not
// [Transport.Present] takes a parameter of type 0, so that it is found again. What
// is too long for a parameter (65535 bytes) is in no message and does not come back.
func (t Transport) Append(b []byte) []byte {
	w := Writer{buf: b, base: len(b)}
	w.Transport(t)
	w.align()
	return w.buf
}

// ParseTransport reads the transport parameter at the start of b, which
// [Transport.Append] wrote. It appends the addresses to into: those of t are the
// appended part, without spare capacity, and nil where there are none. They lie in
// the array of into where that has room for them. rest is what follows behind the
// padding. Bytes that Append does not write give an error of class Malformed; the
// rules for what a transport may hold are not checked again.
func ParseTransport(b []byte, into []netip.Addr) (t Transport, rest []byte, err error) {
	if len(b) >= plainLen {
		head, addr := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[transportLen:])
		typ := ParameterType(head >> 48)
		if typ.plain() && uint16(head>>32) == plainLen && uint32(addr>>32) == ipv4Header {
			t.Type, t.Port, t.Use = typ, uint16(head>>16), useOf(typ, uint16(head))
			n := len(into)
			t.Addresses = append(into, ipv4(uint32(addr)))[n : n+1 : n+1]
			return t, b[plainLen:], nil
		}
	}
	return parseTransport(b, into)
}

// parseTransport is ParseTransport for all layouts.
func parseTransport(b []byte, into []netip.Addr) (t Transport, rest []byte, err error) {
	const where = "stored transport"
	r := Reader{rest: b, name: where}
	p, ok := r.cut()
	if !ok {
		return Transport{}, nil, r.err
	}
	t.Type = p.Type
	value := p.Value()
	switch {
	case t.Type == TypeOpaqueTransport:
		t.Opaque = string(value)
		return t, r.rest, nil
	case t.Type != 0 && !t.Type.IsTransport():
		return Transport{}, nil, malformed(where, "want a transport parameter, have "+t.Type.String())
	}
	fixed := transportLen - headerLen
	if t.Type == TypeDCCPTransport {
		fixed += serviceCodeLen
	}
	if len(value) < fixed {
		return Transport{}, nil, malformed(where, "need "+strconv.Itoa(fixed)+" bytes, have "+strconv.Itoa(len(value)))
	}
	t.Port, t.Use = binary.BigEndian.Uint16(value), useOf(t.Type, binary.BigEndian.Uint16(value[2:]))
	if t.Type == TypeDCCPTransport {
		t.ServiceCode = binary.BigEndian.Uint32(value[4:])
	}
	start := len(into)
	for value = value[fixed:]; len(value) > 0; {
		a, n := plainAddress(value)
		if n == 0 {
			return Transport{}, nil, malformed(where, "want an address parameter, have "+Hex(value[:min(len(value), ipv6Len)]))
		}
		into = append(into, a)
		value = value[n:]
	}
	if len(into) > start {
		t.Addresses = into[start:len(into):len(into)]
	}
	return t, r.rest, nil
}
