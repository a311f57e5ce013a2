package udp

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"rserpool/registrar/transport"
)

// Parameters of INIT and INIT ACK, RFC 9260 section 3.3.2 and RFC 9653.
const (
	paramIPv4               = 5
	paramIPv6               = 6
	paramCookie             = 7
	paramUnrecognized       = 8
	paramCookiePreservative = 9
	paramHostName           = 11
	paramAddressTypes       = 12
	paramZeroChecksum       = 0x8001
)

// initBody is the fixed part of INIT and INIT ACK:
//
//	+---------------------------------------------------------------+
//	|                         Initiate Tag                          |
//	+---------------------------------------------------------------+
//	|          Advertised Receiver Window Credit (a_rwnd)           |
//	+-------------------------------+-------------------------------+
//	|  Number of Outbound Streams   |   Number of Inbound Streams   |
//	+-------------------------------+-------------------------------+
//	|                          Initial TSN                          |
//	+---------------------------------------------------------------+
type initBody struct {
	tag, window uint32
	out, in     uint16
	tsn         uint32
}

const initBodySize = 16

func (i initBody) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, i.tag)
	b = binary.BigEndian.AppendUint32(b, i.window)
	b = binary.BigEndian.AppendUint16(b, i.out)
	b = binary.BigEndian.AppendUint16(b, i.in)
	return binary.BigEndian.AppendUint32(b, i.tsn)
}

func parseInitBody(b []byte) initBody {
	return initBody{
		tag:    binary.BigEndian.Uint32(b),
		window: binary.BigEndian.Uint32(b[4:]),
		out:    binary.BigEndian.Uint16(b[8:]),
		in:     binary.BigEndian.Uint16(b[10:]),
		tsn:    binary.BigEndian.Uint32(b[12:]),
	}
}

// initChunk is an INIT or INIT ACK as received.
type initChunk struct {
	initBody
	// addrs is what the peer says of itself; nothing verifies it.
	addrs []netip.Addr
	// cookie is set in an INIT ACK.
	cookie []byte
	// unrecognized are the parameters whose type asks for a report.
	unrecognized []byte
}

var errInit = errors.New("malformed INIT or INIT ACK")

// parseInit reads the value of an INIT or INIT ACK. The engine never sees the
// parameters: it refuses several that are legal (types 5, 6, 9, 11 and 12), and
// offers nothing this transport uses.
func parseInit(b []byte) (initChunk, error) {
	if len(b) < initBodySize {
		return initChunk{}, errInit
	}
	i := initChunk{initBody: parseInitBody(b)}
	if i.tag == 0 || i.out == 0 || i.in == 0 {
		return initChunk{}, errInit
	}
	for b = b[initBodySize:]; len(b) > 0; {
		if len(b) < 4 {
			return initChunk{}, errInit
		}
		t, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if n < 4 || n > len(b) {
			return initChunk{}, errInit
		}
		if !i.parameter(t, b[:n]) {
			break
		}
		b = b[min(padded(n), len(b)):]
	}
	i.addrs = transport.NormalizeAddrs(i.addrs)
	return i, nil
}

// parameter takes in one parameter and reports whether to read on: the two
// highest bits of an unknown type say so (RFC 9260 section 3.2.1).
func (i *initChunk) parameter(t uint16, p []byte) bool {
	switch t {
	case paramIPv4, paramIPv6:
		ip, ok := netip.AddrFromSlice(p[4:])
		if ok && ip.Is4() == (t == paramIPv4) && usable(ip) && len(i.addrs) < maxPeerAddrs {
			i.addrs = append(i.addrs, ip)
		}
	case paramCookie:
		i.cookie = p[4:]
	case paramUnrecognized, paramCookiePreservative, paramHostName, paramAddressTypes:
	default:
		if t&0x4000 != 0 && len(i.unrecognized)+padded(len(p))+4 <= maxUnrecognized {
			i.unrecognized = appendParameter(i.unrecognized, paramUnrecognized, p)
		}
		return t&0x8000 != 0
	}
	return true
}

// usable reports whether ip can be that of one peer.
func usable(ip netip.Addr) bool {
	return !ip.IsUnspecified() && !ip.IsMulticast() && ip != broadcast
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// appendParameter adds a parameter or error cause, and first the padding the
// one before lacks: a chunk's length counts all padding but the last
// (RFC 9260 section 3.2).
func appendParameter(b []byte, t uint16, value []byte) []byte {
	b = pad(b, len(b))
	b = binary.BigEndian.AppendUint16(b, t)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(value)))
	return append(b, value...)
}
