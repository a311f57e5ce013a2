package enrp

import "rserpool/registrar/wire"

// flagReplyRequired is bit 0 of PRESENCE, which the RFC's text has and its
// figure leaves out.
const flagReplyRequired = 0x01

// Presence tells that its sender lives, and what its handlespace sums up to (RFC
// 5353 section 2.1).
type Presence struct {
	IDs
	ReplyRequired bool
	// Checksum covers the elements whose home the sender is; it counts only
	// with HasChecksum.
	Checksum    wire.Checksum
	HasChecksum bool
	// Information is where the sender's ENRP endpoint is, if it says so.
	Information wire.ServerInformation
}

// Type is TypePresence.
func (Presence) Type() MessageType { return TypePresence }

func (m Presence) flags() uint8 { return wire.Bit(m.ReplyRequired, flagReplyRequired) }

func (m Presence) append(w wire.Writer) wire.Writer {
	if m.HasChecksum {
		w.PEChecksum(m.Checksum)
	}
	if m.Information.Present() {
		w.ServerInformation(m.Information)
	}
	return w
}

func readPresence(r *wire.Reader, flags uint8, ids IDs) Presence {
	m := Presence{IDs: ids, ReplyRequired: flags&flagReplyRequired != 0}
	if r.Peek() == wire.TypePEChecksum {
		m.Checksum = r.PEChecksum()
		m.HasChecksum = r.Err() == nil
	}
	if r.Peek() == wire.TypeServerInformation {
		m.Information = r.ServerInformation()
	}
	return m
}
