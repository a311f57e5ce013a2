package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// HoldState is what became of a hold.
type HoldState uint8

// The states. ForgottenHold removes the hold from a replica.
const (
	// HoldInForce: registrations of the element are refused.
	HoldInForce HoldState = iota
	// HoldRanOut: its time was over.
	HoldRanOut
	// HoldEnded: somebody ended it before.
	HoldEnded
	ForgottenHold
)

// String gives the state as the API spells it.
func (s HoldState) String() string { return word(int(s), "in_force", "ran_out", "ended", "forgotten") }

// Hold is an element that an operator refuses for a while. Maker and ID name it.
type Hold struct {
	ID    enrp.HoldID
	Maker wire.ServerID
	State HoldState
	// Handle and Element are what is refused.
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
	// Since and Until are its beginning and its end, had nobody ended it; Ended is
	// when it did, Returned when the element registered after that, 0 is not so far.
	Since, Until, Ended, Returned Time
	// Refused counts the registrations that this registrar has refused.
	Refused uint32
	// Reason is the operator's; By and EndedBy are the addresses of who made and who
	// ended it, empty where that was elsewhere.
	Reason, By, EndedBy string
	// Honoured are the peers that honour a hold made here, by ID.
	Honoured []Honour
}

// Honour is a peer that honours a hold, and how many registrations it has refused.
type Honour struct {
	Peer    wire.ServerID
	Refused uint32
}

// Type is TypeHold.
func (Hold) Type() enrp.MessageType { return TypeHold }

// maxHonoured keeps the message within MaxMessage; there are fewer peers.
const maxHonoured = 4096

func (m Hold) append(w *wire.Writer) {
	w.Uint32(uint32(m.ID))
	w.Uint32(uint32(m.Maker))
	w.Uint32(uint32(m.State))
	w.Uint32(uint32(m.Element))
	for _, at := range []Time{m.Since, m.Until, m.Ended, m.Returned} {
		at.append(w)
	}
	w.Uint32(m.Refused)
	for _, text := range []string{string(m.Handle), m.Reason, m.By, m.EndedBy} {
		w.Text(text)
	}
	honoured := m.Honoured[:min(len(m.Honoured), maxHonoured)]
	w.Uint16(uint16(len(honoured))) //nolint:gosec // bounded above
	for _, h := range honoured {
		w.Uint32(uint32(h.Peer))
		w.Uint32(h.Refused)
	}
}

func readHold(r *wire.Reader) Message {
	m := Hold{
		ID: enrp.HoldID(r.Uint32()), Maker: wire.ServerID(r.Uint32()), State: HoldState(narrow(r.Uint32())),
		Element: wire.PEIdentifier(r.Uint32()),
		Since:   readTime(r), Until: readTime(r), Ended: readTime(r), Returned: readTime(r),
		Refused: r.Uint32(), Handle: wire.PoolHandle(r.Text()), Reason: r.Text(), By: r.Text(), EndedBy: r.Text(),
	}
	for n := r.Uint16(); n > 0 && r.Err() == nil; n-- {
		m.Honoured = append(m.Honoured, Honour{wire.ServerID(r.Uint32()), r.Uint32()})
	}
	return m
}

// Total is how many registrations were refused, here and by peers.
func (m Hold) Total() int {
	n := int(m.Refused)
	for _, h := range m.Honoured {
		n += int(h.Refused)
	}
	return n
}

// Protected names a pool whose elements are deregistered only if that is confirmed.
// Without a handle it begins the list anew: those named before are not protected.
type Protected struct{ Handle wire.PoolHandle }

// Type is TypeProtected.
func (Protected) Type() enrp.MessageType { return TypeProtected }

func (m Protected) append(w *wire.Writer) { w.Text(string(m.Handle)) }

func readProtected(r *wire.Reader) Message { return Protected{wire.PoolHandle(r.Text())} }
