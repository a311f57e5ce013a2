package enrp

import "rserpool/registrar/wire"

// Takeover is the layout that the three takeover messages share: the two IDs
// and the server that is to be taken over.
type Takeover struct {
	IDs
	Target wire.ServerID
}

func (Takeover) flags() uint8 { return 0 }

func (m Takeover) append(w wire.Writer) wire.Writer {
	w.Uint32(uint32(m.Target))
	return w
}

// InitTakeover says that its sender wants to take over Target (RFC 5353 section
// 2.7).
type InitTakeover struct{ Takeover }

// Type is TypeInitTakeover.
func (InitTakeover) Type() MessageType { return TypeInitTakeover }

// InitTakeoverAck consents to a takeover (RFC 5353 section 2.8).
type InitTakeoverAck struct{ Takeover }

// Type is TypeInitTakeoverAck.
func (InitTakeoverAck) Type() MessageType { return TypeInitTakeoverAck }

// TakeoverServer says that its sender has taken over Target (RFC 5353 section
// 2.9).
type TakeoverServer struct{ Takeover }

// Type is TypeTakeoverServer.
func (TakeoverServer) Type() MessageType { return TypeTakeoverServer }

func readTakeover(r *wire.Reader, ids IDs) Takeover {
	return Takeover{IDs: ids, Target: wire.ServerID(r.Uint32())}
}
