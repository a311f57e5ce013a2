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

// AskOutcome is what became of an operator's wish to ask somebody.
type AskOutcome uint8

// The outcomes.
const (
	// AskDone: it answered, or a peer's elements are here.
	AskDone AskOutcome = iota
	// AskSilent: it did not answer, or not to the end. An element is gone then, unless
	// the guard against mass expiry is engaged.
	AskSilent
	// AskUnknown: nobody of that name is known here.
	AskUnknown
	// AskNotNow: there is a reason not to ask now.
	AskNotNow
	// AskElsewhere: only the element's HomeServer asks it.
	AskElsewhere
)

// Answered answers ProbePeer, ResyncPeer or ProbeElement with the same Request.
type Answered struct {
	Request uint64
	Outcome AskOutcome
	// After is how long it took, Text what happened in words.
	After time.Duration
	Text  string
	// HomeServer is that of the element.
	HomeServer wire.ServerID
}

// Selected answers SelectElements with the same Request. Known is false where there
// is no such pool, or no element in it that has a home.
type Selected struct {
	Request uint64
	Known   bool
	Policy  wire.Policy
	// Elements are those that a pool user would get, best first; their home registrar
	// says who would be asked about them.
	Elements []wire.PoolElement
}

// Reconfigured answers Reconfigure with the same Request. Err says which setting is
// wrong, and then nothing has changed.
type Reconfigured struct {
	Request uint64
	Err     error
}

func (Send) effect()         {}
func (Dial) effect()         {}
func (Disconnect) effect()   {}
func (Announce) effect()     {}
func (Changed) effect()      {}
func (Noted) effect()        {}
func (Deregistered) effect() {}
func (HoldEnded) effect()    {}
func (Answered) effect()     {}
func (Selected) effect()     {}
func (Reconfigured) effect() {}
