package registrar

import (
	"fmt"
	"strconv"
	"strings"

	"rserpool/registrar/enrp"
	"rserpool/registrar/feed"
	"rserpool/registrar/handlespace"
	"rserpool/registrar/wire"
)

// Origins of an element's removal, as feed.Event spells them.
const (
	byPE          = "pe"
	byOperator    = "operator"
	byExpiry      = "expiry"
	byUnreachable = "unreachable"
	byPeer        = "peer"
)

// speaker is whoever said what an event follows from: a registrar, the other end of
// an association of ASAP, or an operator, by address; nobody where time has passed.
type speaker struct {
	server      wire.ServerID
	association *association
	operator    string
}

// String is how feed.Event names it.
func (s speaker) String() string {
	switch {
	case s.server != 0:
		return s.server.String()
	case s.association != nil:
		return s.association.remote.first().String()
	default:
		return s.operator
	}
}

func (r *Registrar) effect(e Effect) { r.effects = append(r.effects, e) }

func (r *Registrar) changed(m feed.Message) { r.effect(Changed{Message: m}) }

// note tells of an event. Events are kept for long: what strangers have said is cut, and
// does not keep the message that it came in.
func (r *Registrar) note(l Level, e feed.Event) {
	if most := r.cfg.Limits.HandleLength; len(e.Handle) > most {
		e.Handle = wire.PoolHandle(strings.Clone(string(e.Handle[:most])))
	}
	e.At = feed.At(r.now)
	if l >= Info {
		e.Actor = r.speaker.String()
	}
	r.effect(Noted{Event: e, Level: l})
}

// complaints are the notes about those who may not do what they want; untold is
// how many were left out since the latest.
type complaints struct {
	allowance
	untold int
}

// complain notes a refusal, unless there are too many in this second.
func (r *Registrar) complain(e feed.Event) { r.complainAt(Warn, e) }

func (r *Registrar) complainAt(l Level, e feed.Event) {
	c := &r.complaints
	if !c.take(r.now, complaintsPerSecond) {
		c.untold++
		return
	}
	if c.untold > 0 {
		e.Text += fmt.Sprintf(" (%d more like this were not noted)", c.untold)
		c.untold = 0
	}
	r.note(l, e)
}

// notePeer notes what is about one registrar.
func (r *Registrar) notePeer(l Level, name string, id wire.ServerID, text string) {
	r.note(l, feed.Event{Name: name, Server: id, Text: text})
}

// noteElement notes what is about one element; server is its home, or whoever
// else has to do with it.
func (r *Registrar) noteElement(l Level, name string, ref handlespace.Ref, server wire.ServerID, origin, text string) {
	r.note(l, feed.Event{
		Name: name, Handle: ref.Handle, Element: ref.ID, Server: server, Origin: origin, Text: text,
	})
}

// elementChanged tells the feed what an element is like now.
func (r *Registrar) elementChanged(e handlespace.Entry) {
	r.changed(enrp.HandleUpdate{IDs: enrp.IDs{Sender: r.id}, Action: enrp.AddPE, Handle: e.Handle(), Element: e.PoolElement()})
	r.healthChanged(e)
	r.poolChanged(e.Handle())
}

// healthChanged tells the feed the part of it that no HANDLE_UPDATE has.
func (r *Registrar) healthChanged(e handlespace.Entry) {
	health := feed.Up
	if el := r.recordIn(e); el != nil && el.suspect {
		health = feed.Unanswered
	}
	r.changed(feed.ElementState{
		Handle: e.Handle(), ID: e.ID(), Expires: feed.At(e.Expires()), Health: health,
		Reports: uint16(e.Reports()), //nolint:gosec // it ends there
	})
}

// count gives a number of things in words.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// touched marks a home whose checksum the feed has to hear after this step.
func (r *Registrar) touched(home wire.ServerID) {
	if n := len(r.dirty); n == 0 || r.dirty[n-1] != home {
		r.dirty = append(r.dirty, home)
	}
}
