package enrp

import "rserpool/registrar/wire"

// The two messages of this file are private: no RFC has them. Registrars of this
// project tell each other of elements that an operator refuses. Their types have
// the high bits 00, so that everybody else discards them in silence (RFC 5354
// section 4).

// HoldID names a hold of the registrar that made it. None is 0.
type HoldID uint32

// String gives the ID as 0x and eight hex digits.
func (id HoldID) String() string { return wire.PEIdentifier(id).String() }

// Hold says that its sender refuses an element for a while, and asks its receiver
// to do so too.
type Hold struct {
	IDs
	ID HoldID
	// Ended is the E bit: the hold is over, and what follows is absent.
	Ended bool
	// Left is how long it goes on, in milliseconds: clocks differ.
	Left    uint32
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
	// Reason is the operator's. It travels as what the element is told, which is
	// cause Rejected due to Security.
	Reason string
}

// flagEnded is the E bit, flagNotHonoured the N bit of the answer.
const (
	flagEnded       = 0x01
	flagNotHonoured = 0x01
)

// Type is TypeHold.
func (Hold) Type() MessageType { return TypeHold }

func (m Hold) flags() uint8 { return wire.Bit(m.Ended, flagEnded) }

func (m Hold) append(w wire.Writer) wire.Writer {
	w.Uint32(uint32(m.ID))
	w.Uint32(m.Left)
	if m.Ended {
		return w
	}
	w.PoolHandle(m.Handle)
	w.PEIdentifier(m.Element)
	w.OperationError([]wire.Cause{{Code: wire.CauseRejectedSecurity, Info: []byte(m.Reason)}})
	return w
}

func readHold(r *wire.Reader, flags uint8, ids IDs) Hold {
	m := Hold{IDs: ids, ID: HoldID(r.Uint32()), Left: r.Uint32(), Ended: flags&flagEnded != 0}
	if m.Ended {
		return m
	}
	m.Handle, m.Element = r.PoolHandle(), r.PEIdentifier()
	if causes := r.OperationError(); len(causes) > 0 {
		m.Reason = string(causes[0].Info)
	}
	return m
}

// HoldAck tells the maker of a hold that its sender honours it.
type HoldAck struct {
	IDs
	ID HoldID
	// NotHonoured is the N bit: the sender has no room for it.
	NotHonoured bool
	// Refused is how many registrations of the element the sender has refused.
	Refused uint32
}

// Type is TypeHoldAck.
func (HoldAck) Type() MessageType { return TypeHoldAck }

func (m HoldAck) flags() uint8 { return wire.Bit(m.NotHonoured, flagNotHonoured) }

func (m HoldAck) append(w wire.Writer) wire.Writer {
	w.Uint32(uint32(m.ID))
	w.Uint32(m.Refused)
	return w
}

func readHoldAck(r *wire.Reader, flags uint8, ids IDs) HoldAck {
	return HoldAck{IDs: ids, ID: HoldID(r.Uint32()), NotHonoured: flags&flagNotHonoured != 0, Refused: r.Uint32()}
}
