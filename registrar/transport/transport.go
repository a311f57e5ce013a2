package transport

import (
	"context"
	"errors"
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

// Message is one user message. Data is never empty.
type Message struct {
	PPID   uint32
	Stream uint16
	Data   []byte
}

// Address names one SCTP endpoint: HOST:PORT[@UDPPORT]. UDPPort 0 means the
// default of the backend: the SCTP port itself, then 9899 (RFC 6951).
type Address struct {
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
}

// Association is one reliable, ordered, message-oriented connection.
// All methods may be called concurrently.
type Association interface {
	// Send queues m; it blocks for buffer space until ctx ends.
	Send(ctx context.Context, m Message) error
	// Recv returns the next whole message. After the association ended it
	// returns what had arrived, then Err, for ever.
	Recv(ctx context.Context) (Message, error)
	Peer() Peer
	// Local lists this end's addresses with the SCTP port.
	Local() []netip.AddrPort
	// Done is closed once, when the association has ended.
	Done() <-chan struct{}
	// Err is nil until Done, then says why.
	Err() error
	// Shutdown delivers what is queued, then ends the association; when ctx
	// ends first, it aborts.
	Shutdown(ctx context.Context) error
	// Abort ends the association at once; what is queued is lost.
	Abort(reason string)
}

// Listener accepts associations, and dials from its own port, as ENRP needs.
type Listener interface {
	Accept(ctx context.Context) (Association, error)
	// Addrs lists the bound addresses with the SCTP port.
	Addrs() []netip.AddrPort
	// Dial opens an association that leaves from the listener's port.
	Dial(ctx context.Context, to Address) (Association, error)
	// Close stops accepting and ends every association of the listener.
	Close() error
}

// Transport makes listeners. A client that accepts nothing listens on port 0.
type Transport interface {
	Name() string
	Listen(Config) (Listener, error)
}

// Config is what Listen needs; Defaults fills every zero field but Local.
type Config struct {
	// Local is the SCTP endpoint to bind. Port 0 picks a free one.
	Local Address
	// Streams is the number of outbound streams offered.
	Streams uint16
	// Heartbeat is the idle time between probes of a path; MaxMissed probes
	// in a row without an answer end the association with ErrLost.
	Heartbeat time.Duration
	MaxMissed int
	// HandshakeTimeout bounds a dial and a half-open association.
	HandshakeTimeout time.Duration
	// MaxHalfOpen and MaxAssociations bound what strangers can make us keep.
	MaxHalfOpen     int
	MaxAssociations int
}
