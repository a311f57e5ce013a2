package transport

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Payload protocol identifiers, RFC 5352 section 5 and RFC 5353 section 5.4.
// Messages with any other identifier never reach a parser.
const (
	PPIDASAP uint32 = 11
	PPIDENRP uint32 = 12
)

// MaxMessage is the largest message an association carries: the 16-bit Message
// Length of RFC 5354 section 4, rounded up to its padding.
const MaxMessage = 65536

// Why an association ended. Err of an Association is one of the last four,
// possibly wrapped with detail; Send fails with any of them.
var (
	ErrEmpty    = errors.New("transport: empty message: SCTP carries at least one byte")
	ErrTooBig   = errors.New("transport: message longer than 65536 bytes")
	ErrShutdown = errors.New("transport: peer shut the association down")
	ErrAborted  = errors.New("transport: association aborted")
	ErrLost     = errors.New("transport: peer does not answer")
	ErrClosed   = errors.New("transport: closed here")
)

// Why a Dial failed, possibly wrapped with the address. A Dial that nobody
// answers ends with ErrLost, one on a closed Listener with ErrClosed.
var (
	// ErrRefused: a peer answered that it does not want the association.
	ErrRefused = errors.New("transport: association refused")
	// ErrFull is an ErrRefused by a peer that has all the associations that it takes (Out
	// of Resource, RFC 9260 section 3.3.10.4). Not every peer says so.
	ErrFull = fmt.Errorf("%w: the other end has no room", ErrRefused)
	// ErrExists: the Listener already has an association, or a Dial under way,
	// between the same ports and addresses. SCTP allows one at a time
	// (RFC 9260 section 1.3); the peer's association comes out of Accept.
	ErrExists = errors.New("transport: association between these ports exists already")
	// ErrUnproven: one end has not proven who it is, or not what the other demands.
	ErrUnproven = errors.New("transport: who is there is not proven")
)

// Unproven makes err match ErrUnproven, and leaves its text as it is.
func Unproven(err error) error { return unproven{err} }

type unproven struct{ error }

func (unproven) Is(target error) bool { return target == ErrUnproven }
func (u unproven) Unwrap() error      { return u.error }

// Message is one user message. Data is never empty.
type Message struct {
	PPID uint32
	// Stream is the stream a received message came on. Send ignores it: all
	// messages of one direction that need an order use stream 0, and keep it.
	Stream uint16
	// Unordered lets Send deliver the message when it can, before or after others
	// (ASAP_SCTP_UNORDER, RFC 5352 section 6.5.5). A backend may keep the order
	// nevertheless. A received message does not say how it was sent.
	Unordered bool
	Data      []byte
}

// Validate returns ErrEmpty or ErrTooBig for a message that cannot be sent.
func (m Message) Validate() error {
	switch {
	case len(m.Data) == 0:
		return ErrEmpty
	case len(m.Data) > MaxMessage:
		return ErrTooBig
	}
	return nil
}

// Address names one SCTP endpoint: HOST:PORT[@UDPPORT]. UDPPort 0 means the
// default of the backend: the SCTP port itself, then 9899 (RFC 6951).
type Address struct {
	// Addrs are the endpoint's addresses; none means the wildcard.
	Addrs   []netip.Addr
	Port    uint16
	UDPPort uint16
}

// Peer is the other end of an association.
type Peer struct {
	// Addrs are the peer's addresses, sorted and unmapped.
	Addrs []netip.Addr
	// Port is its SCTP port.
	Port uint16
	// UDPPort is the encapsulation port in use, 0 without encapsulation.
	UDPPort uint16
	// Secured: nobody on the way can read or change what is sent, and one end at
	// least has proven who it is.
	Secured bool
	// Identity is the name the peer has proven to have; "" when it has proven none.
	Identity string
	// Generation is that of the credentials under which it has proven that, see
	// identity.Credentials.
	Generation uint64
}

// Association is one reliable, ordered, message-oriented connection.
// All methods may be called concurrently.
type Association interface {
	// Send queues m; it blocks for buffer space until ctx ends. It does not keep
	// m.Data after it returned.
	Send(ctx context.Context, m Message) error
	// Recv returns the next whole message. After the association ended it
	// returns what had arrived, then Err, for ever.
	Recv(ctx context.Context) (Message, error)
	// Peer describes the other end.
	Peer() Peer
	// Local lists this end's addresses with the SCTP port.
	Local() []netip.AddrPort
	// Done is closed once, when the association has ended.
	Done() <-chan struct{}
	// Err is nil until Done, then says why.
	Err() error
	// Shutdown delivers what is queued, then ends the association; when ctx
	// ends first, it aborts. After it both ends have ended: this one with
	// ErrClosed, the peer with ErrShutdown.
	Shutdown(ctx context.Context) error
	// Abort ends the association at once; what is queued is lost. This end ends
	// with ErrClosed, the peer with ErrAborted and the reason.
	Abort(reason string)
}

// Listener accepts associations, and dials from its own port, as ENRP needs.
//
// Two listeners may dial each other at the same moment: the two attempts
// become one association, which each side gets from its Dial (RFC 9260
// section 5.2). When one attempt was complete before the other began, the
// second Dial fails with ErrExists and the association comes from Accept.
type Listener interface {
	// Accept returns the next association a peer opened, ErrClosed after Close.
	Accept(ctx context.Context) (Association, error)
	// Addrs lists the bound addresses with the SCTP port.
	Addrs() []netip.AddrPort
	// Dial opens an association that leaves from the listener's port. It tries
	// all addresses, and fails within Config.HandshakeTimeout with an error that
	// names them.
	Dial(ctx context.Context, to Address) (Association, error)
	// Close stops accepting and ends every association of the listener.
	Close() error
}

// Transport makes listeners. A client that accepts nothing listens on port 0.
type Transport interface {
	// Name is the word the command line uses for the backend.
	Name() string
	// Listen binds c.Local, with Defaults in place of the zero fields of c.
	Listen(c Config) (Listener, error)
}

// Config is what Listen needs; Defaults fills the zero fields that have one.
type Config struct {
	// Local is the SCTP endpoint to bind. Port 0 picks a free one.
	Local Address
	// Also are further places of the same endpoint: other UDP ports of the same
	// SCTP port, such as the registered 9899. A backend without encapsulation
	// refuses them.
	Also []Address
	// Refused, if not nil, hears of peers that were turned away because of what
	// they failed to prove, and why. It must not block.
	Refused func(from netip.AddrPort, why error)
	// Full, if not nil, hears of each attempt that MaxHalfOpen or else MaxAssociations
	// has turned away; where the system does that by itself, of each time that it begins
	// to. It must not block, nor call the Listener.
	Full func(halfOpen bool)
	// Streams is the number of outbound streams offered.
	Streams uint16
	// Heartbeat is the idle time between probes of a path; MaxMissed probes
	// in a row without an answer end the association with ErrLost.
	Heartbeat time.Duration
	MaxMissed int
	// HandshakeTimeout bounds a dial and a half-open association.
	HandshakeTimeout time.Duration
	// MaxHalfOpen bounds what strangers can make us keep before Accept took it,
	// MaxAssociations all associations of the listener. Above either, a peer is
	// refused.
	MaxHalfOpen     int
	MaxAssociations int
}
