package endpoint

import (
	"net/netip"

	"rserpool/registrar/wire"
)

// Event is what happens to an endpoint. Each is handed to Step with the time.
type Event interface{ event() }

// AssociationID names one association for as long as it lasts; the driver
// chooses it, never 0 and never twice.
type AssociationID uint64

// DialID names one attempt to open an association; the endpoint chooses it.
type DialID uint64

// ElementID names a pool element towards the driver, which chooses it; a PE
// identifier cannot, since it is unique in its pool only and may change.
type ElementID uint64

// RequestID names a handle resolution towards the driver, which chooses it.
type RequestID uint64

// Address is the SCTP endpoint of an ENRP server. UDPPort is the encapsulation
// port, 0 for the transport's default.
type Address struct {
	Addrs   []netip.Addr
	Port    uint16
	UDPPort uint16
}

// Start begins the first server hunt; it is the first event.
type Start struct{}

// AssociationUp tells of a new association. Dial is the attempt that made it, 0
// for one that an ENRP server opened to send keep-alives.
type AssociationUp struct {
	Association AssociationID
	Dial        DialID
	Remote      Address
	// Local lists the addresses this end is bound to; none means unknown.
	Local []netip.Addr
}

// DialFailed tells that an attempt to open an association came to nothing.
type DialFailed struct {
	Dial   DialID
	Reason string
}

// AssociationDown tells that an association has ended, whoever ended it.
type AssociationDown struct {
	Association AssociationID
	Reason      string
}

// Received brings one message. Its bytes belong to the endpoint from now on.
type Received struct {
	Association AssociationID
	Data        []byte
}

// Tick says that the time has come that Deadline gave.
type Tick struct{}

// Register makes a pool element: it is registered at the home ENRP server, and
// again whenever its time or a new home demands it. Reported effects tell how
// it goes.
type Register struct {
	Element ElementID
	Spec    Spec
}

// SetPolicy changes the policy data of an element, such as its load. The home
// hears of it at most once every Config.UpdateInterval; the last value wins.
type SetPolicy struct {
	Element ElementID
	Policy  wire.Policy
}

// Deregister takes an element out of its pool (RFC 5352 section 3.2). A
// Reported effect tells the outcome.
type Deregister struct{ Element ElementID }

// Forget drops an element without a word to anybody, as a crash would.
type Forget struct{ Element ElementID }

// Resolve asks for the elements of a pool (RFC 5352 section 3.3). Exactly one
// Resolved effect answers it, unless Cancel comes first.
type Resolve struct {
	Request RequestID
	Handle  wire.PoolHandle
	// Items is how many elements are wanted at most; 0 leaves it to the server.
	Items uint32
	// Fresh asks the server also where the cache knows (RFC 5352 section 3.3 C1).
	Fresh bool
}

// Cancel drops a request.
type Cancel struct{ Request RequestID }

func (Start) event()           {}
func (AssociationUp) event()   {}
func (DialFailed) event()      {}
func (AssociationDown) event() {}
func (Received) event()        {}
func (Tick) event()            {}
func (Register) event()        {}
func (SetPolicy) event()       {}
func (Deregister) event()      {}
func (Forget) event()          {}
func (Resolve) event()         {}
func (Cancel) event()          {}
