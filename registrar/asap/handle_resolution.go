package asap

import "rserpool/registrar/wire"

// flagSubscribe is the S bit of HANDLE_RESOLUTION.
const flagSubscribe = 0x01

// AllItems asks for as many elements as the registrar allows.
const AllItems = 0xffffffff

// HandleResolution asks for elements of a pool (RFC 5352 section 2.2.5).
type HandleResolution struct {
	// Subscribe is the S bit: send updates while this association lasts.
	Subscribe bool
	Handle    wire.PoolHandle
	// Items is how many elements are wanted at most, in the private parameter
	// 0x803f; 0 leaves it out.
	Items uint32
}

// Type is TypeHandleResolution.
func (HandleResolution) Type() MessageType { return TypeHandleResolution }

func (m HandleResolution) flags() uint8 { return wire.Bit(m.Subscribe, flagSubscribe) }

func (m HandleResolution) append(w wire.Writer) wire.Writer {
	w.PoolHandle(m.Handle)
	if m.Items != 0 {
		mark := w.Open(wire.TypeResolutionItems)
		w.Uint32(m.Items)
		w.Close(mark)
	}
	return w
}

func readHandleResolution(r *wire.Reader, flags uint8) HandleResolution {
	r.AllowItems()
	m := HandleResolution{Subscribe: flags&flagSubscribe != 0, Handle: r.PoolHandle()}
	if r.Peek() == wire.TypeResolutionItems {
		m.Items = r.ResolutionItems()
	}
	return m
}
