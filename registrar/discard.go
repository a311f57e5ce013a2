package registrar

import (
	"fmt"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// DiscardReason is why a message was not acted on.
type DiscardReason uint8

// The reasons.
const (
	// DiscardMalformed: its lengths contradict each other.
	DiscardMalformed DiscardReason = iota
	// DiscardUnrecognized: its type is unknown, or a parameter that forbids to go on.
	DiscardUnrecognized
	// DiscardInvalid: it can be read and its values make no sense.
	DiscardInvalid
	// DiscardMisaddressed: it is of nobody, or for another registrar.
	DiscardMisaddressed
	// DiscardUnexpected: nothing here asked for it, or it is not for a registrar, or
	// not at this time.
	DiscardUnexpected
	// DiscardForbidden: its sender may not say it.
	DiscardForbidden
	// DiscardLimit: there were too many, or there is no room.
	DiscardLimit
	// DiscardError: it is the other end's complaint about a message.
	DiscardError
	// DiscardUnsent: it could not be encoded, and was not sent.
	DiscardUnsent
	// DiscardReasons is how many there are.
	DiscardReasons
)

// reasonOf is why a message of a class is not acted on.
func reasonOf(c wire.Class) DiscardReason {
	switch c {
	case wire.Malformed:
		return DiscardMalformed
	case wire.Discard:
		return DiscardUnrecognized
	default:
		return DiscardInvalid
	}
}

// discarded counts and notes a message that was not acted on.
func (r *Registrar) discarded(a *association, reason DiscardReason, why string) {
	r.tally.Discarded[a.protocol][reason]++
	r.disregarded(a, why)
}

// disregarded notes what is not to be expected of an association.
func (r *Registrar) disregarded(a *association, why string) {
	r.note(Debug, feed.Event{Name: "message.discarded", Text: fmt.Sprintf("%v from %v: %s", a.protocol, a.remote, why)})
}

// unheard counts and notes a datagram of the group that was not acted on.
func (r *Registrar) unheard(ev Heard, reason DiscardReason, why string) {
	r.tally.Discarded[ENRP][reason]++
	r.note(Debug, feed.Event{Name: "message.discarded", Text: fmt.Sprintf("heard on the group from %v: %s", ev.From, why)})
}
