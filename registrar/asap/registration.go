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

func (m Registration) append(w wire.Writer) wire.Writer {
	w.PoolHandle(m.Handle)
	w.PoolElement(m.Element)
	return w
}

func readRegistration(r *wire.Reader) Registration {
	r.Registering()
	m := Registration{Handle: r.PoolHandle()}
	if r.Err() != nil { // the refusal names the element all the same
		m.Element = r.Beyond().PoolElement()
		return m
	}
	m.Element = r.PoolElement()
	return m
}
