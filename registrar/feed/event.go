package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Event is something that happened, under the name that logs use too. Pool,
// Element and Server are set where the event is about one.
type Event struct {
	At   Time
	Name string
	// Text is one sentence for people.
	Text    string
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
	Server  wire.ServerID
	// Origin says who caused it: pe, operator, expiry, unreachable, peer.
	Origin string
}

// Type is TypeEvent.
func (Event) Type() enrp.MessageType { return TypeEvent }

func (m Event) append(w *wire.Writer) {
	m.At.append(w)
	w.Uint32(uint32(m.Element))
	w.Uint32(uint32(m.Server))
	w.Text(m.Name)
	w.Text(m.Text)
	w.Text(m.Origin)
	w.Text(string(m.Handle))
}

func readEvent(r *wire.Reader) Message {
	return Event{
		At: readTime(r), Element: wire.PEIdentifier(r.Uint32()), Server: wire.ServerID(r.Uint32()),
		Name: r.Text(), Text: r.Text(), Origin: r.Text(), Handle: wire.PoolHandle(r.Text()),
	}
}
