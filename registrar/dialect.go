package registrar

import (
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Dialect is how the registrars of a scope speak: by the letter of the RFCs, or as
// RSPLIB does, the implementation in the field, where both live in one scope. All
// of ours in a scope must use the same.
type Dialect uint8

// The dialects.
const (
	RFC Dialect = iota
	RSPLIB
)

// String gives the dialect's name as the command line has it.
func (d Dialect) String() string {
	if d == RSPLIB {
		return "rsplib"
	}
	return "rfc"
}

// rsplibHandle is the longest pool handle that RSPLIB survives, rsplibPage how many
// bytes it takes in one message.
const (
	rsplibHandle = 32
	rsplibPage   = 1400
)

// Config gives the defaults of the dialect: its timers, so that neither side takes
// the other for dead, and its limits.
func (d Dialect) Config() Config {
	c := DefaultConfig()
	if d == RSPLIB {
		c.Dialect = RSPLIB
		c.PeerHeartbeatCycle = 2400 * time.Millisecond
		c.MaxTimeLastHeard = 5 * time.Second
		c.YieldRecheck = 12 * time.Second
		c.MaxResolveItems = 3
		c.KeepAliveInterval = 5 * time.Second
	}
	return c
}

// life is how long a registration life lasts: RSPLIB counts milliseconds.
func (d Dialect) life(l wire.RegistrationLife) time.Duration {
	if d == RSPLIB {
		return time.Duration(l) * time.Millisecond
	}
	return time.Duration(l) * time.Second
}

// keptAlive: an own element lives as long as it acknowledges keep-alives, whatever
// its registration life. Some of RSPLIB's register again only when a keep-alive wakes
// them.
func (d Dialect) keptAlive() bool { return d == RSPLIB }

// namesRoundRobin: the answer to a resolution has the policy also where it is the
// default. Without it RSPLIB's users find no element in it.
func (d Dialect) namesRoundRobin() bool { return d == RSPLIB }

// copiesExpire: an element of a peer that is not announced again within its life
// is gone.
func (d Dialect) copiesExpire() bool { return d == RSPLIB }

// countsFirst: of an answer only the first element counts as selected.
func (d Dialect) countsFirst() bool { return d == RSPLIB }

// prevails reports whether the wish of a registrar goes on where another one wants
// to take the same peer over. With RSPLIB in the scope the smaller ID does.
func (d Dialect) prevails(own, other wire.ServerID) bool {
	if d == RSPLIB {
		return own < other
	}
	return own > other
}

// consentsLate: whoever missed a completed takeover needs our consent as well as
// to hear of it, or it never ends its own attempt.
func (d Dialect) consentsLate() bool { return d == RSPLIB }

// tellsTarget: a registrar that was taken over and lives is told. RSPLIB would
// give its own elements away.
func (d Dialect) tellsTarget() bool { return d != RSPLIB }

// tellsAll: a new association to a peer brings it all own elements. An audit that
// RSPLIB lost an answer of stays open for ever.
func (d Dialect) tellsAll() bool { return d == RSPLIB }

// greetsFirst: a PRESENCE goes before all else on an association: RSPLIB answers
// nobody whom it has not heard.
func (d Dialect) greetsFirst() bool { return d == RSPLIB }

// listsEarly: whoever asks for the list of registrars gets it during the start-up
// too. RSPLIB asks each peer once, when they meet, and finds others in no other way.
func (d Dialect) listsEarly() bool { return d == RSPLIB }

// asksGroup: the first PRESENCE to the multicast group asks for an answer. RSPLIB
// answers newcomers in any case, and never sees that flag there from its own kind.
func (d Dialect) asksGroup() bool { return d != RSPLIB }

// informs: each PRESENCE says where its sender is.
func (d Dialect) informs() bool { return d == RSPLIB }

// namesElement: a keep-alive has the PE Identifier.
func (d Dialect) namesElement() bool { return d == RSPLIB }

// announcesStream: an ASAP_SERVER_ANNOUNCE has the TCP places too. RSPLIB takes no
// message with more than one transport in it.
func (d Dialect) announcesStream() bool { return d != RSPLIB }

// keepsReachable: of the addresses at which an element says that it serves, those
// stay that its association has; it is refused only if none is left. RSPLIB's tell
// addresses that their association cannot have, and RSPLIB's registrar does so.
func (d Dialect) keepsReachable() bool { return d == RSPLIB }

// tellsEnd: an element hears of the end of its registration without having asked.
func (d Dialect) tellsEnd() bool { return d != RSPLIB }

// tellsHolds: peers are told which elements an operator refuses, by a message that
// only registrars of this project know. RSPLIB does not see it.
func (d Dialect) tellsHolds() bool { return d != RSPLIB }

// carries reports whether peers can be told of a pool. RSPLIB does not survive a long
// handle, and drops each message in which there is a transport that it does not know:
// a table with one such element would never get there.
func (d Dialect) carries(handle wire.PoolHandle, transport wire.ParameterType) bool {
	if d != RSPLIB {
		return true
	}
	known := transport == wire.TypeSCTPTransport || transport == wire.TypeTCPTransport || transport == wire.TypeUDPTransport
	return known && len(handle) <= rsplibHandle
}

// page is how many bytes of entries a HANDLE_TABLE_RESPONSE has at most.
func (d Dialect) page() int {
	if d == RSPLIB {
		return rsplibPage
	}
	return tablePage
}

// checksum folds a sum as wide as the peers keep it.
func (d Dialect) checksum(s enrp.Sum) wire.Checksum {
	if d == RSPLIB {
		return s.Narrow()
	}
	return s.Checksum()
}
