package asap

import "rserpool/registrar/wire"

// Registration asks a registrar to register or re-register a pool element (RFC
// 5352 section 2.2.1).
type Registration struct {
	Handle  wire.PoolHandle
	Element wire.PoolElement
}

// Type is TypeRegistration.
func (Registration) Type() MessageType { return TypeRegistration }
func (Registration) flags() uint8      { return 0 }

func (m Registration) append(w *wire.Writer) {
	w.PoolHandle(m.Handle)
	w.PoolElement(m.Element)
}

func readRegistration(r *wire.Reader, _ uint8) Message {
	m := Registration{Handle: r.PoolHandle(), Element: r.PoolElement()}
	r.End()
	switch e := m.Element; {
	case r.Err() != nil:
	case m.Handle == "":
		r.Invalid("pool handle must not be empty", []byte{0, 9, 0, 4})
	case e.ID == 0:
		r.Invalid("PE identifier must not be 0", e.TLV())
	case e.Life == 0 || e.Life < wire.InfiniteLife:
		r.Invalid("registration life must be positive, or -1 for ever", e.TLV())
	}
	return m
}
