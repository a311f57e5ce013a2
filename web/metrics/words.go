package metrics

import (
	"strings"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
)

// reasons are the label values of why messages are discarded.
var reasons = [registrar.DiscardReasons]string{
	registrar.DiscardMalformed: "malformed", registrar.DiscardUnrecognized: "unrecognized",
	registrar.DiscardInvalid: "invalid", registrar.DiscardMisaddressed: "misaddressed",
	registrar.DiscardUnexpected: "unexpected", registrar.DiscardForbidden: "forbidden",
	registrar.DiscardLimit: "limit", registrar.DiscardError: "error", registrar.DiscardUnsent: "unsent",
}

// takeovers are the label values of what came of takeovers.
var takeovers = [registrar.TakeoverResults]struct{ role, result string }{
	registrar.TakeoverWon:       {"initiator", "won"},
	registrar.TakeoverYielded:   {"initiator", "yielded"},
	registrar.TakeoverCancelled: {"initiator", "cancelled"},
	registrar.TakeoverSeen:      {"witness", "completed"},
	registrar.TakeoverObjected:  {"target", "objected"},
	registrar.TakeoverRefuted:   {"target", "refuted"},
}

// typeName is the RFC's name of a message type in lower case, "unknown" where it has
// none.
func typeName(p registrar.Protocol, kind uint8) string {
	if p == registrar.ENRP {
		return slug(enrp.MessageType(kind).String())
	}
	return slug(asap.MessageType(kind).String())
}

// slug makes words a label value: in lower case, with underscores between them.
func slug(words string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(words))
}
