package registrar

import (
	"net/netip"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Event is what happens to a registrar. Each is handed to Step with the time.
type Event interface{ event() }

// Protocol is what an association carries.
type Protocol uint8

// The protocols.
const (
	ASAP Protocol = iota
	ENRP
)

// String gives the protocol's name in lower case.
func (p Protocol) String() string {
	if p == ENRP {
		return "enrp"
	}
	return "asap"
}

// AssociationID names one association for as long as it lasts; the driver
// chooses it, never 0 and never twice.
type AssociationID uint64

// DialID names one attempt to open an association; the registrar chooses it.
type DialID uint64

// Endpoint is an SCTP endpoint. UDPPort is the encapsulation port, 0 for the
// transport's default.
type Endpoint struct {
	Addrs   []netip.Addr
	Port    uint16
	UDPPort uint16
}

// Start begins the registrar's life; it is the first event.
type Start struct{}

// AssociationUp tells of a new association. Dial is the attempt that made it, 0
// for an association that the other end opened.
type AssociationUp struct {
	Association AssociationID
	Protocol    Protocol
	Remote      Endpoint
	Dial        DialID
	// Stream says that it is a TCP connection, which serves pool users only (RFC
	// 5352 section 2.1): no element is recognised by it.
	Stream bool
	// Credential is what the other end has proven. Without Config.Secured nobody
	// asks for it.
	Credential Credential
}

// DialFailed tells that an attempt to open an association came to nothing.
// Exists: the other end was faster, and its association comes by itself. Refused: the
// host there has answered that it wants none, or another one answers there. Otherwise
// nobody has, or the network takes nothing.
type DialFailed struct {
	Dial    DialID
	Reason  string
	Exists  bool
	Refused bool
}

// AssociationDown tells that an association has ended, whoever ended it. Lost: nobody
// has, but the other end is not heard any more.
type AssociationDown struct {
	Association AssociationID
	Reason      string
	Lost        bool
}

// Received brings one message.
type Received struct {
	Association AssociationID
	Data        []byte
	// Shed: there is too much to do. A handle resolution is refused, which takes next to
	// nothing; whatever else came is done.
	Shed bool
}

// Heard brings one datagram of the multicast group for ENRP, whose source
// address proves nothing (RFC 5353 section 6.2). This registrar's own may be
// among them.
type Heard struct {
	From netip.AddrPort
	Data []byte
}

// Tick says that the time has come that Deadline gave.
type Tick struct{}

// Deregister is an operator's wish to remove an element. A Deregistered effect
// with the same Request answers it in the same step.
type Deregister struct {
	Request uint64
	Handle  wire.PoolHandle
	ID      wire.PEIdentifier
	Reason  string
	// By is the operator's address, as others are to read it.
	By string
	// Hold is for how long registrations of the element are refused, 0 is not at all.
	Hold time.Duration
	// Confirmed: it is to be done in a protected pool too.
	Confirmed bool
}

// EndHold is an operator's wish to end a hold. A HoldEnded effect with the same
// Request answers it in the same step.
type EndHold struct {
	Request uint64
	ID      enrp.HoldID
	By      string
}

// ProbePeer is an operator's wish to know whether a peer lives. A Answered
// effect with the same Request answers it when that is known.
type ProbePeer struct {
	Request uint64
	Peer    wire.ServerID
}

// ResyncPeer is an operator's wish to fetch a peer's own elements again (RFC 5353
// section 3.6.3). A Answered effect with the same Request answers it in the end.
type ResyncPeer struct {
	Request uint64
	Peer    wire.ServerID
}

// ProbeElement is an operator's wish to know whether an element lives (RFC 5352
// section 3.5). An Answered effect with the same Request answers it when that is known.
type ProbeElement struct {
	Request uint64
	Handle  wire.PoolHandle
	ID      wire.PEIdentifier
}

// SelectElements asks what a pool user would get that resolves a pool handle now, and
// moves nothing. A Selected effect with the same Request answers it in the same step.
type SelectElements struct {
	Request uint64
	Handle  wire.PoolHandle
	// Items is how many elements the user wants, 0 is as many as it gets.
	Items int
}

// Reconfigure is an operator's wish to run with other settings. A Reconfigured effect
// with the same Request answers it in the same step.
type Reconfigure struct {
	Request uint64
	// Peers and Protected take the places of those in Config.
	Peers     []Endpoint
	Protected []wire.PoolHandle
	// What names what the driver changes beside them, for the event that tells of it;
	// "" is nothing.
	What string
}

// Stop begins the end: no new registrations, and the elements are handed to peers
// before the associations end.
type Stop struct {
	// Within is how long handing over may take; 0 is not at all.
	Within time.Duration
}

func (Start) event()           {}
func (AssociationUp) event()   {}
func (DialFailed) event()      {}
func (AssociationDown) event() {}
func (Received) event()        {}
func (Heard) event()           {}
func (Tick) event()            {}
func (Deregister) event()      {}
func (EndHold) event()         {}
func (ProbePeer) event()       {}
func (ResyncPeer) event()      {}
func (ProbeElement) event()    {}
func (SelectElements) event()  {}
func (Reconfigure) event()     {}
func (Stop) event()            {}
