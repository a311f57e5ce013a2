package registrar

import (
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// Effect is what the driver has to do after a Step, in the order given.
type Effect interface{ effect() }

// Send sends one message over an association.
type Send struct {
	Association AssociationID
	Protocol    Protocol
	Data        []byte
}

// Dial opens an association; AssociationUp or DialFailed answers it. ENRP
// associations leave from the ENRP port.
type Dial struct {
	ID       DialID
	Protocol Protocol
	To       Endpoint
}

// Disconnect ends an association: what is queued is delivered first, unless
// Abort.
type Disconnect struct {
	Association AssociationID
	Abort       bool
}

// Announce sends one message to the multicast group of its protocol: an
// ASAP_SERVER_ANNOUNCE or an ENRP PRESENCE.
type Announce struct {
	Protocol Protocol
	Data     []byte
}

// Changed is a change of what the registrar holds, in the feed's words: an
// enrp.HandleUpdate, an enrp.Presence with the checksum computed here, or one
// of the states of package feed.
type Changed struct{ Message feed.Message }

// Noted is something that happened, for logs, events and counters.
type Noted struct {
	feed.Event
	// Level is how much it matters.
	Level Level
}

// Level is how much an event matters to an operator.
type Level uint8

// The levels, in rising order.
const (
	Debug Level = iota
	Info
	Warn
)

// Outcome is what became of an operator's deregistration.
type Outcome uint8

// The outcomes.
const (
	Removed Outcome = iota
	// NotFound: no such pool or element here.
	NotFound
	// OwnedByPeer: only its home may remove it; HomeServer names it.
	OwnedByPeer
	// ProtectedPool: it was not confirmed.
	ProtectedPool
	// NoRoomForHold: the limit of holds is reached, and nothing was removed.
	NoRoomForHold
)

// Deregistered answers the Deregister event with the same Request.
type Deregistered struct {
	Request    uint64
	Outcome    Outcome
	HomeServer wire.ServerID
	// Told is to how many of Peers known peers the change was sent.
	Told, Peers int
	// Hold is the hold that refuses the element from now until Until, 0 if none does.
	Hold  enrp.HoldID
	Until time.Time
}

// HoldEnded answers the EndHold event with the same Request. Removed: the hold is
// over. OwnedByPeer: Maker, who lives, has to end it.
type HoldEnded struct {
	Request uint64
	Outcome Outcome
	Maker   wire.ServerID
}

// PeerOutcome is what became of an operator's wish about a peer.
type PeerOutcome uint8

// The outcomes.
const (
	// PeerDone: it answered, or its elements are here.
	PeerDone PeerOutcome = iota
	// PeerSilent: it did not answer, or not to the end.
	PeerSilent
	// PeerUnknown: no such peer is known here.
	PeerUnknown
	// PeerNotNow: there is a reason not to ask it now.
	PeerNotNow
)

// PeerAnswered answers ProbePeer or ResyncPeer with the same Request.
type PeerAnswered struct {
	Request uint64
	Outcome PeerOutcome
	// After is how long it took, Text what happened in words.
	After time.Duration
	Text  string
}

func (Send) effect()         {}
func (Dial) effect()         {}
func (Disconnect) effect()   {}
func (Announce) effect()     {}
func (Changed) effect()      {}
func (Noted) effect()        {}
func (Deregistered) effect() {}
func (HoldEnded) effect()    {}
func (PeerAnswered) effect() {}
