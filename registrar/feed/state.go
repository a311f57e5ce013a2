package feed

import (
	"math"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Phase is how far a registrar has come in its life.
type Phase uint8

// The phases.
const (
	// Starting: waiting for a mentor's list and handle table.
	Starting Phase = iota
	// Serving: initialised, answers ASAP.
	Serving
	// Draining: on its way out.
	Draining
)

// String gives the phase as the API spells it.
func (p Phase) String() string {
	return word(int(p), "starting", "serving", "draining")
}

// RegistrarState is what the registrar says of itself.
type RegistrarState struct {
	Phase Phase
	// Information is its own ENRP endpoint, absent while not known.
	Information wire.ServerInformation
}

// Type is TypeRegistrarState.
func (RegistrarState) Type() enrp.MessageType { return TypeRegistrarState }

func (m RegistrarState) append(w *wire.Writer) {
	w.Uint32(uint32(m.Phase))
	if m.Information.Present() {
		w.ServerInformation(m.Information)
	}
}

func readRegistrarState(r *wire.Reader) Message {
	m := RegistrarState{Phase: Phase(narrow(r.Uint32()))}
	if r.Peek() != 0 {
		m.Information = r.ServerInformation()
	}
	return m
}

// LinkState is what a registrar thinks of a peer (contract: peer states).
type LinkState uint8

// The link states. Forgotten removes the peer from a replica.
const (
	Discovered LinkState = iota
	Active
	Suspect
	TakingOver
	Yielded
	Dead
	Forgotten
)

// String gives the state as the API spells it.
func (s LinkState) String() string {
	return word(int(s), "discovered", "active", "suspect", "taking_over", "yielded", "dead", "forgotten")
}

// PeerState is what the registrar knows of one peer.
type PeerState struct {
	Peer  wire.ServerID
	State LinkState
	// Mentor: the handlespace is being downloaded from this peer.
	Mentor bool
	// Heard is when any message came from the peer.
	Heard Time
	// Told is the checksum of its latest PRESENCE, if HasTold.
	Told    wire.Checksum
	HasTold bool
	// Matched: when it told that, it was what the registrar computes for the
	// peer, or a resynchronisation has made it so. Until the next PRESENCE the
	// two may differ by the changes since.
	Matched bool
	// Information is the peer's ENRP endpoint, absent while not known.
	Information wire.ServerInformation
}

// Type is TypePeerState.
func (PeerState) Type() enrp.MessageType { return TypePeerState }

const (
	bitMentor = 1 << iota
	bitTold
	bitMatched
)

func (m PeerState) append(w *wire.Writer) {
	var bits uint16
	if m.Mentor {
		bits |= bitMentor
	}
	if m.HasTold {
		bits |= bitTold
	}
	if m.Matched {
		bits |= bitMatched
	}
	w.Uint32(uint32(m.Peer))
	w.Uint16(uint16(m.State))
	w.Uint16(bits)
	m.Heard.append(w)
	w.Uint32(uint32(m.Told))
	if m.Information.Present() {
		w.ServerInformation(m.Information)
	}
}

func readPeerState(r *wire.Reader) Message {
	m := PeerState{Peer: wire.ServerID(r.Uint32()), State: LinkState(narrow(uint32(r.Uint16())))}
	bits := r.Uint16()
	m.Mentor, m.HasTold, m.Matched = bits&bitMentor != 0, bits&bitTold != 0, bits&bitMatched != 0
	m.Heard = readTime(r)
	m.Told = wire.Checksum(r.Uint32())
	if r.Peek() != 0 {
		m.Information = r.ServerInformation()
	}
	return m
}

// Health is what the registrar thinks of an element.
type Health uint8

// The healths.
const (
	Up Health = iota
	// Unanswered: reported unreachable, or a keep-alive is open.
	Unanswered
	// Expired: a peer's copy past its life.
	Expired
)

// String gives the health as the API spells it.
func (h Health) String() string { return word(int(h), "up", "suspect", "expired") }

// ElementState is what a HANDLE_UPDATE does not say of an element. It follows
// the HANDLE_UPDATE that adds the element and whatever changes it later.
type ElementState struct {
	Handle wire.PoolHandle
	ID     wire.PEIdentifier
	// Expires is when the registration ends unless it is repeated; 0 is never.
	Expires Time
	Health  Health
	// Reports counts the ENDPOINT_UNREACHABLEs since the registration.
	Reports uint16
}

// Type is TypeElementState.
func (ElementState) Type() enrp.MessageType { return TypeElementState }

func (m ElementState) append(w *wire.Writer) {
	m.Expires.append(w)
	w.Uint16(uint16(m.Health))
	w.Uint16(m.Reports)
	w.PoolHandle(m.Handle)
	w.PEIdentifier(m.ID)
}

func readElementState(r *wire.Reader) Message {
	m := ElementState{Expires: readTime(r), Health: Health(narrow(uint32(r.Uint16()))), Reports: r.Uint16()}
	m.Handle, m.ID = r.PoolHandle(), r.PEIdentifier()
	return m
}

// narrow keeps a value that a newer registrar may send from turning into one
// that is known here.
func narrow(v uint32) uint8 { return uint8(min(v, math.MaxUint8)) } //nolint:gosec // bounded here

func word(i int, words ...string) string {
	if i < len(words) {
		return words[i]
	}
	return "unknown"
}
