package wire

import (
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

// Present reports whether there is a transport at all.
func (t Transport) Present() bool { return t.Type != 0 }

// TLV encodes the transport as an error cause carries it.
func (t Transport) TLV() []byte { return tlv(func(w *Writer) { w.Transport(t) }) }

// Transport appends a transport parameter.
//
//	+-------------------------------+-------------------------------+
//	|   Type = 0x3 to 0x7, or 0x10  |       Length = variable       |
//	+-------------------------------+-------------------------------+
//	|             Port              |  Transport Use, or Reserved   |
//	+-------------------------------+-------------------------------+
//	:     Service Code (DCCP), then Address parameter(s)            :
//	+---------------------------------------------------------------+
func (w *Writer) Transport(t Transport) {
	if t.Type == TypeOpaqueTransport {
		w.Opaque(t.Type, t.Opaque)
		return
	}
	m := w.Open(t.Type)
	w.Uint16(t.Port)
	w.Uint16(uint16(t.Use))
	if t.Type == TypeDCCPTransport {
		w.Uint32(t.ServiceCode)
	}
	for _, a := range t.Addresses {
		w.Address(a)
	}
	w.Close(m)
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

func (r *Reader) transport(p Raw) Transport {
	in := r.nest(p, "transport "+p.Type.String())
	t := Transport{Type: p.Type, Port: in.Uint16()}
	use := in.Uint16()
	if p.Type == TypeSCTPTransport {
		if t.Use = TransportUse(use); use > uint16(DataAndControl) {
			in.Invalid("transport use must be 0 or 1, is "+strconv.Itoa(int(use)), p.TLV)
		}
	}
	if p.Type == TypeDCCPTransport {
		t.ServiceCode = in.Uint32()
	}
	for in.Peek() != 0 {
		if len(t.Addresses) > 0 && p.Type != TypeSCTPTransport {
			in.Invalid("want exactly one address, have more", p.TLV)
			break
		}
		if a, ok := in.address(); ok {
			t.Addresses = append(t.Addresses, a)
		}
	}
	if in.err == nil && len(t.Addresses) == 0 {
		in.Invalid("want an address, have none", p.TLV)
	}
	if !r.leave(in) {
		return Transport{}
	}
	return t
}
