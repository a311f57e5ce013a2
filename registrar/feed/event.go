package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Event is something that happened, under the name that logs use too. Pool,
// Element and Server are set where the event is about one.
type Event struct {
	At Time
	// Number tells events of one epoch apart and rises; 0 where nobody has counted
	// yet.
	Number uint64
	Name   string
	// Text is one sentence for people.
	Text    string
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
	Server  wire.ServerID
	// Origin is how it came about: pe, operator, expiry, unreachable, peer. A
	// removal always has one, and its reason in Text.
	Origin string
	// Actor is at whose word: an address, or the ID of a registrar. It is empty where
	// nobody said anything, as when a time has passed.
	Actor string
}

// Type is TypeEvent.
func (Event) Type() enrp.MessageType { return TypeEvent }

func (m Event) append(w *wire.Writer) {
	m.At.append(w)
	w.Uint64(m.Number)
	w.Uint32(uint32(m.Element))
	w.Uint32(uint32(m.Server))
	w.Text(m.Name)
	w.Text(m.Text)
	w.Text(m.Origin)
	w.Text(m.Actor)
	w.Text(string(m.Handle))
}

func readEvent(r *wire.Reader) Message {
	return Event{
		At: readTime(r), Number: r.Uint64(), Element: wire.PEIdentifier(r.Uint32()), Server: wire.ServerID(r.Uint32()),
		Name: r.Text(), Text: r.Text(), Origin: r.Text(), Actor: r.Text(), Handle: wire.PoolHandle(r.Text()),
	}
}
