package wire

import (
	"encoding/binary"
	"net/netip"
)

// Nearly all pool elements that are sent have one plain layout: no parameter
// but the expected ones, each of the length that its type gives it, all values
// allowed. The functions here read that at once. On anything else they give up
// without a word, and the general way reads it again, knows the rules for the
// unknown, and says what is wrong. Both must agree: a test reads both ways.

// The lengths and headers of the plain layouts.
const (
	ipv4Len    = headerLen + 4
	ipv6Len    = headerLen + 16
	ipv4Header = uint32(TypeIPv4Address)<<16 | ipv4Len
	ipv6Header = uint32(TypeIPv6Address)<<16 | ipv6Len
	// transportLen is the length of a transport without addresses, plainLen
	// that with the usual one.
	transportLen = headerLen + 4
	plainLen     = transportLen + ipv4Len
)

// plain reports whether the type is a transport with port, use and addresses alone.
func (t ParameterType) plain() bool { return t >= TypeSCTPTransport && t <= TypeUDPLiteTransport }

// plainElement reads the pool element tlv into e, whose content is of no
// meaning where it gives up.
func (r *Reader) plainElement(tlv []byte, e *PoolElement) bool {
	if len(tlv) < minElementLen {
		return false
	}
	e.ID = PEIdentifier(binary.BigEndian.Uint32(tlv[4:]))
	e.HomeServer = ServerID(binary.BigEndian.Uint32(tlv[8:]))
	e.Life = RegistrationLife(binary.BigEndian.Uint32(tlv[12:]))
	if r.registering && (e.ID == 0 || !e.Life.allowed()) {
		return false
	}
	rest := tlv[elementFixedLen:]
	n := r.plainTransport(rest, &e.UserTransport)
	if n == 0 {
		return false
	}
	rest = rest[n:]
	if n = plainPolicy(rest, &e.Policy); n == 0 {
		return false
	}
	if rest = rest[n:]; len(rest) == 0 {
		e.ASAPTransport = Transport{}
		return true
	}
	n = r.plainTransport(rest, &e.ASAPTransport)
	return n == len(rest) && e.ASAPTransport.Type == TypeSCTPTransport
}

// plainTransport reads the transport at the start of b into t and gives its
// length, 0 where it gives up.
func (r *Reader) plainTransport(b []byte, t *Transport) (length int) {
	if len(b) < plainLen {
		return 0
	}
	head := binary.BigEndian.Uint64(b)
	typ := ParameterType(head >> 48)
	use := useOf(typ, uint16(head))
	length = int(uint16(head >> 32))
	if !typ.plain() || use > DataAndControl || length < plainLen || length > len(b) {
		return 0
	}
	t.Type, t.Port, t.Use, t.ServiceCode, t.Opaque = typ, uint16(head>>16), use, 0, ""
	n := 1
	if length != plainLen {
		n = countAddresses(b[transportLen:length])
	}
	if n == 0 || n > 1 && typ != TypeSCTPTransport {
		return 0
	}
	list := r.memory.addresses.take(n)
	for at := transportLen; at < length; {
		a, size := plainAddress(b[at:length])
		if size == 0 {
			return 0
		}
		list = append(list, a)
		at += size
	}
	t.Addresses = list
	return length
}

// countAddresses counts the plain address parameters that b consists of; 0 where
// there is anything else.
func countAddresses(b []byte) (n int) {
	for ; len(b) > 0; n++ {
		_, size := plainAddress(b)
		if size == 0 {
			return 0
		}
		b = b[size:]
	}
	return n
}

// plainPolicy reads the policy at the start of b into p and gives its length, 0
// where it gives up.
func plainPolicy(b []byte, p *Policy) (length int) {
	if len(b) < policyHeaderLen {
		return 0
	}
	head := binary.BigEndian.Uint64(b)
	t := PolicyType(head)
	length = int(uint16(head >> 32))
	if ParameterType(head>>48) != TypePolicy || length > len(b) || length != policyHeaderLen+t.dataLen() || !t.Defined() {
		return 0
	}
	p.set(t, b[policyHeaderLen:length])
	return length
}

// plainAddress gives the address parameter at the start of b and its length, 0
// where there is none in its one right form.
func plainAddress(b []byte) (a netip.Addr, length int) {
	switch {
	case len(b) >= ipv4Len && binary.BigEndian.Uint32(b) == ipv4Header:
		return ipv4(binary.BigEndian.Uint32(b[headerLen:])), ipv4Len
	case len(b) >= ipv6Len && binary.BigEndian.Uint32(b) == ipv6Header:
		return netip.AddrFrom16([16]byte(b[headerLen:ipv6Len])), ipv6Len
	}
	return netip.Addr{}, 0
}

func ipv4(v uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}
