package endpoint

import "rserpool/registrar/wire"

// Effect is what the driver has to do after a Step, in the order given.
type Effect interface{ effect() }

// Send sends one ASAP message over an association.
type Send struct {
	Association AssociationID
	Data        []byte
}

// Dial opens an association; AssociationUp or DialFailed answers it.
type Dial struct {
	ID DialID
	To Address
}

// CancelDial gives an attempt up. No answer is expected; one that was under way
// already does no harm.
type CancelDial struct{ ID DialID }

// Disconnect ends an association: what is queued is delivered first, unless
// Abort.
type Disconnect struct {
	Association AssociationID
	Abort       bool
}

// HomeChanged tells that the home ENRP server is another one, or that its
// identifier became known. Association 0: there is none now, and Reason says why.
type HomeChanged struct {
	Association AssociationID
	Remote      Address
	// Server is 0 until a keep-alive named the home: no response does.
	Server wire.ServerID
	Reason string
}

// NoServer tells that a round of the server hunt reached nobody. The hunt goes
// on with the next round.
type NoServer struct{ Err *NoServerError }

// ErrorReceived tells of an ASAP_ERROR (RFC 5352 section 2.2.14).
type ErrorReceived struct {
	Association AssociationID
	Causes      []wire.Cause
}

// Reported tells the application what became of its element.
type Reported struct {
	Element ElementID
	Kind    Kind
	Handle  wire.PoolHandle
	// ID is the element's PE identifier, chosen here where the Spec had none.
	ID wire.PEIdentifier
	// User is the user transport as registered, its addresses filled in.
	User wire.Transport
	// Causes are the server's reasons: why it refused, or what it warns of.
	Causes []wire.Cause
	// Err says what went wrong, nil where nothing did.
	Err error
}

// Resolved answers a Resolve.
type Resolved struct {
	Request RequestID
	// Policy is the pool's policy; RoundRobin where the server named none.
	Policy wire.Policy
	// Elements are in the server's order: the first is the one to use.
	Elements []wire.PoolElement
	// Err is a *RefusedError, *NoServerError, ErrTimeout or ErrNoElements.
	Err error
}

// Kind is what happened to an element.
type Kind uint8

// The kinds. After Refused, Failed and Deregistered the endpoint has forgotten
// the element.
const (
	// Registered for the first time. Causes, if any, are warnings.
	Registered Kind = iota
	// Reregistered: the server confirmed it again.
	Reregistered
	// Refused by the server (Causes), or here before it was sent (Err).
	Refused
	// Retrying: MAX-REG-ATTEMPT registrations went unanswered, or the server
	// lacks resources (Causes); as Spec.Persist demands, there will be more.
	Retrying
	// Failed: MAX-REG-ATTEMPT registrations went unanswered.
	Failed
	// Removed by the server: an operator did it, or the life ran out. It
	// registers again at T4, unless Spec.StayOut.
	Removed
	// DeregistrationRefused: the element is still registered.
	DeregistrationRefused
	// Deregistered as asked; Err tells if no server confirmed it.
	Deregistered
)

// String gives the kind in lower-case words, as contract.md spells events.
func (k Kind) String() string {
	return [...]string{
		"registered", "reregistered", "refused", "retrying", "failed", "removed",
		"deregistration_refused", "deregistered",
	}[k]
}

func (Send) effect()          {}
func (Dial) effect()          {}
func (CancelDial) effect()    {}
func (Disconnect) effect()    {}
func (HomeChanged) effect()   {}
func (NoServer) effect()      {}
func (ErrorReceived) effect() {}
func (Reported) effect()      {}
func (Resolved) effect()      {}
