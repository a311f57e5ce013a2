package asap

import "rserpool/registrar/wire"

// BusinessCard names the elements to fail over to, best first (RFC 5352 section
// 2.2.13).
type BusinessCard struct {
	Handle wire.PoolHandle
	// Policy is not in the RFC but sent by RSPLIB: read, and best left zero.
	Policy   wire.Policy
	Elements []wire.PoolElement
}

// Type is TypeBusinessCard.
func (BusinessCard) Type() MessageType { return TypeBusinessCard }
func (BusinessCard) flags() uint8      { return 0 }

func (m BusinessCard) append(w wire.Writer) wire.Writer {
	w.PoolHandle(m.Handle)
	if m.Policy.Present() {
		w.Policy(m.Policy)
	}
	w.PoolElements(m.Elements)
	return w
}

func readBusinessCard(r *wire.Reader) BusinessCard {
	m := BusinessCard{Handle: r.PoolHandle(), Policy: optionalPolicy(r)}
	m.Elements = r.PoolElements()
	if r.Peek() == 0 && len(m.Elements) == 0 {
		r.Invalid("want at least one pool element", nil)
	}
	return m
}
