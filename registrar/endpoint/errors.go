package endpoint

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// Why a request came to nothing.
var (
	// ErrTimeout: every repetition of a request went unanswered.
	ErrTimeout = errors.New("no answer from the registrar, every repetition included; see whether it is overloaded or stopped")
	// ErrNoElements: the answer held neither elements nor an error, which RFC
	// 5352 section 2.2.6 does not allow.
	ErrNoElements = errors.New("the registrar's answer holds neither pool elements nor an error")
	// ErrEnded: the element lives, and has ended the session.
	ErrEnded = errors.New("the element has ended the session")
	// ErrUnknownPool is what a *RefusedError with that cause is, for errors.Is.
	ErrUnknownPool = errors.New("the registrar knows no such pool")
	// ErrDuplicate: this endpoint has an element with the same handle and PE
	// identifier.
	ErrDuplicate = errors.New("an element with this pool handle and PE identifier exists here already")
	// ErrStream: elements register over SCTP only (RFC 5352 section 2.1).
	ErrStream = errors.New("the registrar is reached over TCP, which serves pool users only; register over SCTP")
	// ErrCookie: a cookie that was echoed is not one of the pool's.
	ErrCookie = errors.New("the cookie was not signed with the key of this element")
	// ErrNoControl: cookies and business cards need a control channel, which only
	// SCTP has (RFC 5352 section 3.8).
	ErrNoControl = errors.New("the channel carries data only, no cookies and no business cards")
)

// RefusedError is a server's refusal with its error causes (RFC 5354 section
// 3.12); there may be none.
type RefusedError struct{ Causes []wire.Cause }

// Error tells the causes in words.
func (e *RefusedError) Error() string { return "refused by the registrar: " + Describe(e.Causes) }

// Is makes the refusal of an unknown pool ErrUnknownPool.
func (e *RefusedError) Is(target error) bool {
	return target == ErrUnknownPool && e.Has(wire.CauseUnknownPoolHandle)
}

// Has reports whether one of the causes has the code.
func (e *RefusedError) Has(code wire.CauseCode) bool { return has(e.Causes, code) }

func has(causes []wire.Cause, code wire.CauseCode) bool {
	for _, c := range causes {
		if c.Code == code {
			return true
		}
	}
	return false
}

// Describe tells error causes in words, with the pool's policy where cause 5
// carries it.
func Describe(causes []wire.Cause) string {
	if len(causes) == 0 {
		return "no cause given"
	}
	words := make([]string, len(causes))
	for i, c := range causes {
		words[i] = c.Code.String()
		if p, err := c.Policy(); c.Code == wire.CauseInconsistentPolicy && err == nil {
			words[i] += " (the pool uses " + policy.Spec(p) + ")"
		}
	}
	return strings.Join(words, "; ")
}

// NoServerError is a round of the server hunt in which no server was reached. There
// are no Failures where there was nobody to try: none configured, none announced.
type NoServerError struct{ Failures []Failure }

// Failure is why one server was not reached.
type Failure struct {
	Server Address
	Reason string
}

// Error lists the servers with their reasons.
func (e *NoServerError) Error() string {
	if len(e.Failures) == 0 {
		return "no registrar announced itself; see whether one announces to this multicast group, or name one"
	}
	words := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		words[i] = f.Server.String() + " (" + f.Reason + ")"
	}
	return "no registrar reached: " + strings.Join(words, ", ")
}

// AddressError says that an element would register an address that its ASAP
// endpoint is not bound to (RFC 5352 section 3.1 R1).
type AddressError struct {
	Address netip.Addr
	Bound   []netip.Addr
}

// Error names the address and those that would do.
func (e *AddressError) Error() string {
	words := make([]string, len(e.Bound))
	for i, a := range e.Bound {
		words[i] = a.String()
	}
	return "user address " + e.Address.String() + " is not an address of the association to the registrar; use one of " +
		strings.Join(words, ", ")
}

// String gives HOST:PORT[@UDPPORT] with the first of the addresses.
func (a Address) String() string {
	host := "*"
	if len(a.Addrs) > 0 {
		host = a.Addrs[0].String()
		if a.Addrs[0].Is6() {
			host = "[" + host + "]"
		}
	}
	s := host + ":" + strconv.Itoa(int(a.Port))
	if a.UDPPort != 0 && a.UDPPort != a.Port {
		s += "@" + strconv.Itoa(int(a.UDPPort))
	}
	return s
}

// NoElementError says that no element of a pool could be used. Failures is empty
// where the pool has none but the user itself.
type NoElementError struct {
	Handle   wire.PoolHandle
	Failures []ElementFailure
}

// ElementFailure is why one element could not be used.
type ElementFailure struct {
	Element wire.PEIdentifier
	Reason  string
}

// Error lists the elements with their reasons.
func (e *NoElementError) Error() string {
	if len(e.Failures) == 0 {
		return "pool " + strconv.Quote(string(e.Handle)) + " has no other element"
	}
	words := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		words[i] = f.Element.String() + " (" + f.Reason + ")"
	}
	return "no element of pool " + strconv.Quote(string(e.Handle)) + " can be reached: " + strings.Join(words, ", ")
}
