package endpoint

import (
	"net/netip"

	"rserpool/registrar/wire"
)

// ChannelID names one connection between a pool user and a pool element for as
// long as it lasts; the driver chooses it, never 0 and never twice.
type ChannelID uint64

// ConnectID names one attempt to open a channel; the endpoint chooses it.
type ConnectID uint64

// SessionID names a session with a pool towards the driver, which chooses it.
type SessionID uint64

// MessageID names a message to a pool towards the driver, which chooses it and
// keeps the data.
type MessageID uint64

// Announced brings a datagram of the multicast group for ASAP, whose source
// address proves nothing (RFC 5352 section 3.6).
type Announced struct {
	From netip.AddrPort
	Data []byte
}

// Populate fills the cache with a pool's elements (RFC 5352 section 6.3).
type Populate struct{ Handle wire.PoolHandle }

// Purge removes a pool from the cache (RFC 5352 section 6.4).
type Purge struct{ Handle wire.PoolHandle }

// Watch asks to be told of every change of a pool, by PoolChanged effects: by
// subscription where the home grants it (RFC 5352 section 2.2.5), else by asking
// again every Config.StaleTimeout.
type Watch struct{ Handle wire.PoolHandle }

// Unwatch ends a Watch.
type Unwatch struct{ Handle wire.PoolHandle }

// TransportFailure tells that an application could not reach an element by means
// of its own (RFC 5352 section 6.9.2). The home hears of it if this endpoint has
// handed that element out, and once only.
type TransportFailure struct {
	Handle  wire.PoolHandle
	Element wire.PEIdentifier
}

// ChannelUp tells of a new channel.
type ChannelUp struct {
	Channel ChannelID
	// Connect is the attempt that made it, 0 for a channel that a pool user opened.
	Connect ConnectID
	// Element is the one that a user reached, and Handle its pool; they count where
	// Connect is 0. The element may have been deregistered: users come until their
	// caches are stale.
	Element ElementID
	Handle  wire.PoolHandle
	// Control: it carries ASAP messages beside the data (RFC 5352 section 3.8), as
	// SCTP does whose transport use says so.
	Control bool
}

// ConnectFailed tells that an attempt to open a channel came to nothing.
type ConnectFailed struct {
	Connect ConnectID
	Reason  string
	// Local: the fault is on this side, as with a transport that the driver cannot
	// do. It says nothing of the element, which is not reported.
	Local bool
	// Full: the element has no room for another channel. It lives, so it is not reported;
	// another one is tried.
	Full bool
}

// ChannelDown tells that a channel has ended, whoever ended it. Messages that
// were not Transmitted over it are unsent.
type ChannelDown struct {
	Channel ChannelID
	Reason  string
	// Orderly: the other end closed it, as it may for many reasons. If it lives, that
	// is the end of the session; if not, it is replaced.
	Orderly bool
}

// ControlReceived brings one ASAP message of a channel. Its bytes belong to the
// endpoint from now on.
type ControlReceived struct {
	Channel ChannelID
	Data    []byte
}

// OpenSession opens a session with one element of a pool at a time, chosen by
// the pool's policy; when that fails, with another one. SessionUp effects tell
// of each, SessionFailed that there is none left.
type OpenSession struct {
	Session SessionID
	Handle  wire.PoolHandle
	// Prefer is the element to begin with; 0, or one that the pool does not have,
	// leaves it to the policy.
	Prefer wire.PEIdentifier
	// As is the element of this endpoint that is the user, 0 for none: the other
	// end gets its business card.
	As ElementID
}

// CloseSession ends a session and its channel.
type CloseSession struct{ Session SessionID }

// SendCookie gives the user at the other end of a channel the state of the
// session, at most MaxState bytes, signed, to bring it to the element that it
// fails over to. It has no effect on a channel that a session here has opened.
type SendCookie struct {
	Channel ChannelID
	State   string
}

// SendBusinessCard tells the other end of a channel in which order to fail over
// (RFC 5352 section 3.9). Elements that the pool does not have are left out.
type SendBusinessCard struct {
	Channel ChannelID
	Order   []wire.PEIdentifier
}

// SendMessage sends a message to a pool (RFC 5352 section 6.5). Exactly one
// MessageDone effect answers it, unless CancelMessage comes first.
type SendMessage struct {
	Message MessageID
	// Handle is the pool's; empty where To says all.
	Handle wire.PoolHandle
	// Element is the one to send to; 0 leaves it to the pool's policy.
	Element wire.PEIdentifier
	// To is a transport address to send to, without failover (section 6.5.4).
	To      wire.Transport
	Options SendOptions
}

// CancelMessage drops a message that is not on its way yet.
type CancelMessage struct{ Message MessageID }

// Transmitted tells that the transport has taken a message.
type Transmitted struct {
	Channel ChannelID
	Message MessageID
}

// SendOptions are those of RFC 5352 section 6.5.5, with its values.
type SendOptions uint32

// The options. Without SendFailover a message goes to one element only, as with
// SendNoFailover.
const (
	SendFailover   SendOptions = 0x0001
	SendNoFailover SendOptions = 0x0002
	SendToLast     SendOptions = 0x0004
	SendToAll      SendOptions = 0x0008
	SendToSelf     SendOptions = 0x0010
	SendUnordered  SendOptions = 0x1000
)

func (Announced) event()        {}
func (Populate) event()         {}
func (Purge) event()            {}
func (Watch) event()            {}
func (Unwatch) event()          {}
func (TransportFailure) event() {}
func (ChannelUp) event()        {}
func (ConnectFailed) event()    {}
func (ChannelDown) event()      {}
func (ControlReceived) event()  {}
func (OpenSession) event()      {}
func (CloseSession) event()     {}
func (SendCookie) event()       {}
func (SendBusinessCard) event() {}
func (SendMessage) event()      {}
func (CancelMessage) event()    {}
func (Transmitted) event()      {}
