package feed

import (
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Moment is a Unix time in microseconds: a takeover is settled in less than a
// millisecond where the registrars are near.
type Moment int64

// MomentOf gives the Moment of t; the zero time.Time is 0.
func MomentOf(t time.Time) Moment {
	if t.IsZero() {
		return 0
	}
	return Moment(t.UnixMicro())
}

// Time gives t back, in UTC; 0 is the zero time.Time.
func (m Moment) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(m)).UTC()
}

// StepKind is what a step of a takeover is.
type StepKind uint8

// The steps, in about the order in which they come.
const (
	// LastHeard: the latest message of the target came.
	LastHeard StepKind = iota
	// Doubted: the target was asked whether it lives.
	Doubted
	// DeclaredDead: this registrar wants to take the target over, with Count
	// elements.
	DeclaredDead
	// InitSent: INIT_TAKEOVER to Peer.
	InitSent
	// InitReceived: INIT_TAKEOVER of Peer.
	InitReceived
	// AckSent: INIT_TAKEOVER_ACK to Peer; the takeover is left to it.
	AckSent
	// AckReceived: INIT_TAKEOVER_ACK of Peer; Count are still awaited.
	AckReceived
	// NotAwaited: Peer is gone itself; Count are still awaited.
	NotAwaited
	// Contested: Peer wants it too and has the worse ID, so this one goes on.
	Contested
	// Won: nobody is awaited any more; Count elements are at home here.
	Won
	// ServerSent: TAKEOVER_SERVER to Peer.
	ServerSent
	// ServerReceived: TAKEOVER_SERVER of Peer, which has Count elements by it.
	ServerReceived
	// Asked: a keep-alive with the H bit went to the element, the Countth.
	Asked
	// Answered: the element has acknowledged, or registered here meanwhile.
	Answered
	// Gone: the element was removed, mostly for not answering.
	Gone
	// Moved: the element is another registrar's by its own word.
	Moved
	// Adopted: all elements have answered, or are gone.
	Adopted
	// Cancelled: the target was heard again.
	Cancelled
	// Dropped: the target is forgotten, no element is its own any more.
	Dropped
)

// Ends reports whether no step follows.
func (k StepKind) Ends() bool {
	return k == ServerReceived || k >= Adopted && k <= Dropped
}

// TakeoverStep is one step of the takeover of a dead registrar, as this one
// sees it.
type TakeoverStep struct {
	// Takeover is the number of the takeover since the registrar's start, Number
	// that of the step in it; both count from 1.
	Takeover, Number uint32
	Target           wire.ServerID
	At               Moment
	Kind             StepKind
	// Peer is the other end of a message.
	Peer  wire.ServerID
	Count uint32
	// Handle and Element are of the element that the step is about; without them
	// it stands for Count elements.
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
}

// Type is TypeTakeoverStep.
func (TakeoverStep) Type() enrp.MessageType { return TypeTakeoverStep }

func (m TakeoverStep) append(w *wire.Writer) {
	w.Uint32(m.Takeover)
	w.Uint32(m.Number)
	w.Uint32(uint32(m.Target))
	w.Uint32(uint32(m.Kind))
	w.Uint64(uint64(m.At))
	w.Uint32(uint32(m.Peer))
	w.Uint32(m.Count)
	w.Uint32(uint32(m.Element))
	w.Text(string(m.Handle))
}

func readTakeoverStep(r *wire.Reader) Message {
	return TakeoverStep{
		Takeover: r.Uint32(), Number: r.Uint32(), Target: wire.ServerID(r.Uint32()), Kind: StepKind(narrow(r.Uint32())),
		At: Moment(r.Uint64()), Peer: wire.ServerID(r.Uint32()), Count: r.Uint32(), Element: wire.PEIdentifier(r.Uint32()),
		Handle: wire.PoolHandle(r.Text()),
	}
}
