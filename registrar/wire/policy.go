package wire

import (
	"encoding/binary"
	"strconv"
)

// PolicyType is the type of a member selection policy (RFC 5356 section 7.1).
// Bit 0x80000000 marks private types, 0x40000000 adaptive ones.
type PolicyType uint32

// The policies of RFC 5356.
const (
	RoundRobin             PolicyType = 0x00000001
	WeightedRoundRobin     PolicyType = 0x00000002
	Random                 PolicyType = 0x00000003
	WeightedRandom         PolicyType = 0x00000004
	Priority               PolicyType = 0x00000005
	LeastUsed              PolicyType = 0x40000001
	LeastUsedDegradation   PolicyType = 0x40000002
	PriorityLeastUsed      PolicyType = 0x40000003
	RandomizedLeastUsed    PolicyType = 0x40000004
	reservedPolicy         PolicyType = 0x00000000
	reservedAdaptivePolicy PolicyType = 0x40000000
	policyHeaderLen                   = 8
	policyFieldLen                    = 4
)

// String gives the type as 0x and eight hex digits.
func (t PolicyType) String() string { return hex32(uint32(t)) }

// Policy is a Member Selection Policy parameter (RFC 5354 section 3.8, RFC 5356
// sections 4 and 5). It is comparable; the zero value means "none". Fields that
// the type does not have are zero.
type Policy struct {
	Type PolicyType
	// Weight: WeightedRoundRobin, WeightedRandom. 0 is an element that cannot serve.
	Weight uint32
	// Priority: Priority; larger is better.
	Priority uint32
	// Load in units of 1/0xffffffff: the four adaptive policies.
	Load uint32
	// Degradation, in the unit of Load: LeastUsedDegradation, PriorityLeastUsed.
	Degradation uint32
	// Raw is the data of a type that RFC 5356 does not define, byte for byte.
	Raw string
}

// Present reports whether there is a policy at all.
func (p Policy) Present() bool { return p.Type != 0 }

// Defined reports whether RFC 5356 defines the type.
func (t PolicyType) Defined() bool {
	return t >= RoundRobin && t <= Priority || t >= LeastUsed && t <= RandomizedLeastUsed
}

// dataLen is the length of the data of a type that RFC 5356 defines.
func (t PolicyType) dataLen() int {
	switch t {
	case WeightedRoundRobin, WeightedRandom, Priority, LeastUsed, RandomizedLeastUsed:
		return policyFieldLen
	case LeastUsedDegradation, PriorityLeastUsed:
		return 2 * policyFieldLen
	default:
		return 0
	}
}

// set makes p the policy of a defined type with the data that belongs to it.
func (p *Policy) set(t PolicyType, data []byte) {
	*p = Policy{Type: t}
	switch t {
	case WeightedRoundRobin, WeightedRandom:
		p.Weight = binary.BigEndian.Uint32(data)
	case Priority:
		p.Priority = binary.BigEndian.Uint32(data)
	case LeastUsed, RandomizedLeastUsed:
		p.Load = binary.BigEndian.Uint32(data)
	case LeastUsedDegradation, PriorityLeastUsed:
		p.Load, p.Degradation = binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[policyFieldLen:])
	default: // no data
	}
}

// appendData appends the data that belongs to the type.
func (p *Policy) appendData(b []byte) []byte {
	switch p.Type {
	case WeightedRoundRobin, WeightedRandom:
		b = binary.BigEndian.AppendUint32(b, p.Weight)
	case Priority:
		b = binary.BigEndian.AppendUint32(b, p.Priority)
	case LeastUsed, RandomizedLeastUsed:
		b = binary.BigEndian.AppendUint32(b, p.Load)
	case LeastUsedDegradation, PriorityLeastUsed:
		b = binary.BigEndian.AppendUint32(b, p.Load)
		b = binary.BigEndian.AppendUint32(b, p.Degradation)
	default: // none, or Raw
	}
	return append(b, p.Raw...)
}

// TLV encodes the policy as an error cause carries it.
func (p Policy) TLV() []byte {
	w := Writer{buf: make([]byte, 0, smallMessage)}
	w.policy(&p)
	return w.buf
}

// Policy appends a Member Selection Policy parameter.
//
//	+-------------------------------+-------------------------------+
//	|          Type = 0x8           |       Length = variable       |
//	+-------------------------------+-------------------------------+
//	|                          Policy Type                          |
//	+---------------------------------------------------------------+
//	:                  Policy-specific data, if any                 :
//	+---------------------------------------------------------------+
func (w *Writer) Policy(p Policy) { w.policy(&p) }

func (w *Writer) policy(p *Policy) {
	m := w.Open(TypePolicy)
	w.buf = p.appendData(binary.BigEndian.AppendUint32(w.buf, uint32(p.Type)))
	w.Close(m)
}

// Policy reads a Member Selection Policy parameter. The policies of RFC 5356
// have exactly the length given there; the data of other types is kept.
func (r *Reader) Policy() Policy {
	raw, ok := r.Take(TypePolicy)
	if !ok {
		return Policy{}
	}
	outer := r.enter(raw)
	p := Policy{Type: PolicyType(r.Uint32())}
	data := r.rest
	r.back(outer)
	if r.err != nil {
		return Policy{}
	}
	switch want := policyHeaderLen + p.Type.dataLen(); {
	case p.Type == reservedPolicy || p.Type == reservedAdaptivePolicy:
		r.Invalid("policy type "+p.Type.String()+" is reserved", raw.TLV)
		return Policy{}
	case !p.Type.Defined():
		p.Raw = string(data)
	case len(raw.TLV) != want:
		r.Invalid("policy "+p.Type.String()+": length must be "+strconv.Itoa(want)+
			", is "+strconv.Itoa(len(raw.TLV)), raw.TLV)
		return Policy{}
	default:
		p.set(p.Type, data)
	}
	return p
}
