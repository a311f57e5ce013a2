package wire

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// TransportUse says what an SCTP transport carries (RFC 5354 section 3.4).
type TransportUse uint16

// The transport uses.
const (
	DataOnly       TransportUse = 0
	DataAndControl TransportUse = 1
)

// Transport is one of the transport parameters of RFC 5354 sections 3.3 to 3.7
// and 3.16. The zero value means "none".
type Transport struct {
	Type ParameterType
	Port uint16
	// Use is zero for all but SCTP: the others carry data only.
	Use TransportUse
	// ServiceCode belongs to DCCP.
	ServiceCode uint32
	// Addresses keeps the order of the wire: one or more for SCTP, exactly one
	// for the others, none for the opaque transport.
	Addresses []netip.Addr
	// Opaque is the value of the opaque transport.
	Opaque string
}

// serviceCodeLen is the length of the field that only DCCP transports have.
const serviceCodeLen = 4

// useOf gives the transport use: a reserved field in all transports but SCTP.
func useOf(t ParameterType, field uint16) TransportUse {
	if t != TypeSCTPTransport {
		return DataOnly
	}
	return TransportUse(field)
}

// Present reports whether there is a transport at all.
func (t Transport) Present() bool { return t.Type != 0 }

// TLV encodes the transport as an error cause carries it.
func (t Transport) TLV() []byte {
	w := Writer{buf: make([]byte, 0, smallMessage)}
	w.transport(&t)
	return w.buf
}

// Transport appends a transport parameter.
//
//	+-------------------------------+-------------------------------+
//	|   Type = 0x3 to 0x7, or 0x10  |       Length = variable       |
//	+-------------------------------+-------------------------------+
//	|             Port              |  Transport Use, or Reserved   |
//	+-------------------------------+-------------------------------+
//	:     Service Code (DCCP), then Address parameter(s)            :
//	+---------------------------------------------------------------+
func (w *Writer) Transport(t Transport) { w.transport(&t) }

func (w *Writer) transport(t *Transport) {
	if t.Type == TypeOpaqueTransport {
		w.Opaque(t.Type, t.Opaque)
		return
	}
	w.align()
	mark := len(w.buf)
	head := uint64(t.Type)<<48 | uint64(t.Port)<<16 | uint64(t.Use)
	if len(t.Addresses) == 1 && t.Addresses[0].Is4() && t.Type.plain() {
		w.buf = appendAddress(binary.BigEndian.AppendUint64(w.buf, head|plainLen<<32), t.Addresses[0])
		return
	}
	b := binary.BigEndian.AppendUint64(w.buf, head)
	if t.Type == TypeDCCPTransport {
		b = binary.BigEndian.AppendUint32(b, t.ServiceCode)
	}
	for _, a := range t.Addresses {
		b = appendAddress(b, a)
	}
	w.buf = b
	w.Close(mark)
}

// Transport reads the next parameter, which must be a transport.
func (r *Reader) Transport() Transport {
	t := r.Peek()
	if r.err != nil {
		return Transport{}
	}
	if !t.IsTransport() {
		if t == 0 {
			r.Invalid("transport parameter is missing", r.inside)
		} else {
			r.Invalid("expected a transport parameter, have "+t.String(), r.next.TLV)
		}
		return Transport{}
	}
	p, _ := r.Take(t)
	if t == TypeOpaqueTransport {
		return Transport{Type: t, Opaque: string(p.Value())}
	}
	return r.transport(p)
}

// SCTPTransport reads the next parameter, which must be an SCTP transport: ASAP
// and ENRP themselves run on nothing else.
func (r *Reader) SCTPTransport() Transport {
	p, ok := r.Take(TypeSCTPTransport)
	if !ok {
		return Transport{}
	}
	return r.transport(p)
}

func (r *Reader) transport(p Raw) (t Transport) {
	if r.plainTransport(p.TLV, &t) == len(p.TLV) {
		return t
	}
	return r.anyTransport(p)
}

// anyTransport reads the transport p in the general way.
func (r *Reader) anyTransport(p Raw) Transport {
	outer := r.enter(p)
	t := Transport{Type: p.Type, Port: r.Uint16()}
	use := r.Uint16()
	if t.Use = useOf(p.Type, use); t.Use > DataAndControl {
		r.Invalid("transport use must be 0 or 1, is "+strconv.Itoa(int(use)), p.TLV)
	}
	if p.Type == TypeDCCPTransport {
		t.ServiceCode = r.Uint32()
	}
	for r.Peek() != 0 {
		if len(t.Addresses) > 0 && p.Type != TypeSCTPTransport {
			r.Invalid("want exactly one address, have more", p.TLV)
			break
		}
		if a, ok := r.address(); ok {
			t.Addresses = append(t.Addresses, a)
		}
	}
	if r.err == nil && len(t.Addresses) == 0 {
		r.Invalid("want an address, have none", p.TLV)
	}
	if !r.leave(outer) {
		return Transport{}
	}
	return t
}
