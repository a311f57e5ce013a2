package enrp

import (
	"strconv"

	"rserpool/registrar/wire"
)

// Action is what a HANDLE_UPDATE does (RFC 5353 section 2.4).
type Action uint16

// The update actions.
const (
	AddPE Action = 0
	DelPE Action = 1
)

// flagTakeoverSuggested is RSPLIB's private use of bit 0 of HANDLE_UPDATE.
const flagTakeoverSuggested = 0x01

// HandleUpdate announces a change of the handlespace (RFC 5353 section 2.4). The
// element is complete, for DelPE too.
type HandleUpdate struct {
	IDs
	Action  Action
	Handle  wire.PoolHandle
	Element wire.PoolElement
	// TakeoverSuggested is RSPLIB's invitation to take the element over; the
	// RFC does not know it.
	TakeoverSuggested bool
}

// Type is TypeHandleUpdate.
func (HandleUpdate) Type() MessageType { return TypeHandleUpdate }

func (m HandleUpdate) flags() uint8 { return wire.Bit(m.TakeoverSuggested, flagTakeoverSuggested) }

// AppendTo is [Append] for this message alone: a program that encodes no other one
// gets no other's code.
func (m *HandleUpdate) AppendTo(b []byte) ([]byte, error) {
	w := *wire.NewWriter(b, uint8(TypeHandleUpdate), m.flags())
	m.head(&w)
	w = m.append(w)
	return w.Finish()
}

func (m HandleUpdate) append(w wire.Writer) wire.Writer {
	w.Uint16(uint16(m.Action))
	w.Uint16(0)
	w.PoolHandle(m.Handle)
	w.PoolElement(m.Element)
	return w
}

func readHandleUpdate(r *wire.Reader, flags uint8, ids IDs) HandleUpdate {
	m := HandleUpdate{IDs: ids, Action: Action(r.Uint16()), TakeoverSuggested: flags&flagTakeoverSuggested != 0}
	r.Uint16()
	if m.Action > DelPE {
		r.Invalid("update action must be 0 or 1, is "+strconv.Itoa(int(m.Action)), nil)
	}
	m.Handle, m.Element = r.PoolHandle(), r.PoolElement()
	return m
}
