package feed

import (
	"net/netip"
	"time"

	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// CapturedData is how many bytes of a message Captured carries at most.
const CapturedData = 8192

// Captured is one ASAP or ENRP message that the registrar sent or received, as
// it was on the wire.
type Captured struct {
	// Number counts the messages that were captured, from 1. A gap is what did
	// not reach the reader.
	Number uint64
	// Micros is when, as Unix time in microseconds.
	Micros int64
	// Out: the registrar sent it. ENRP: that is its protocol, else ASAP. Stream: it
	// went over TCP. Group: it was a datagram of a multicast group.
	Out, ENRP, Stream, Group bool
	// Association tells associations apart; 0 is a datagram.
	Association uint64
	// Server is the registrar at the other end, 0 while not known.
	Server wire.ServerID
	// Local and Remote are the primary addresses of both ends; that of a group is
	// where it is sent to.
	Local, Remote netip.AddrPort
	// Length is that of the message, of which Data has CapturedData bytes at most.
	Length uint32
	Data   string
}

// Type is TypeCaptured.
func (Captured) Type() enrp.MessageType { return TypeCaptured }

// At is when the message was sent or received.
func (m Captured) At() time.Time { return time.UnixMicro(m.Micros).UTC() }

const (
	bitOut = 1 << iota
	bitENRP
	bitStream
	bitGroup
)

func (m Captured) append(w *wire.Writer) {
	var bits uint32
	for i, set := range []bool{m.Out, m.ENRP, m.Stream, m.Group} {
		if set {
			bits |= 1 << i
		}
	}
	w.Uint64(m.Number)
	w.Uint64(uint64(m.Micros)) //nolint:gosec // read back the same way
	w.Uint64(m.Association)
	w.Uint32(bits)
	w.Uint32(uint32(m.Server))
	w.Uint32(m.Length)
	appendPlace(w, m.Local)
	appendPlace(w, m.Remote)
	w.Text(m.Data)
}

func readCaptured(r *wire.Reader) Message {
	m := Captured{Number: r.Uint64(), Micros: int64(r.Uint64()), Association: r.Uint64()} //nolint:gosec // written that way
	bits := r.Uint32()
	m.Out, m.ENRP, m.Stream, m.Group = bits&bitOut != 0, bits&bitENRP != 0, bits&bitStream != 0, bits&bitGroup != 0
	m.Server, m.Length = wire.ServerID(r.Uint32()), r.Uint32()
	m.Local, m.Remote = readPlace(r), readPlace(r)
	m.Data = r.Text()
	return m
}

// appendPlace writes the bytes of an address, none for none, and a port. A zone means
// nothing elsewhere.
func appendPlace(w *wire.Writer, p netip.AddrPort) {
	w.Text(string(p.Addr().AsSlice()))
	w.Uint16(p.Port())
}

func readPlace(r *wire.Reader) netip.AddrPort {
	a, _ := netip.AddrFromSlice([]byte(r.Text())) // what is none is not known
	return netip.AddrPortFrom(a, r.Uint16())
}

// Messages says what a reader wants of the captured messages.
type Messages uint16

// What a reader may want.
const (
	// NoMessages: nothing of them.
	NoMessages Messages = iota
	// KeepMessages: they are to be captured, but not sent for now.
	KeepMessages
	// SendMessages: they are to be captured and sent.
	SendMessages
)

// Want is what the reader of a feed wants beside the registrar's state. Each
// replaces the one before.
type Want struct {
	Messages Messages
	// After is the number of the last captured message that the reader has.
	After uint64
}

// Type is TypeWant.
func (Want) Type() enrp.MessageType { return TypeWant }

// AppendTo appends the encoded message; see [Applied.AppendTo].
func (m Want) AppendTo(b []byte) []byte {
	w := wire.NewWriter(b, uint8(TypeWant), 0)
	m.append(w)
	b, _ = w.Finish() // 16 bytes are not too long
	return b
}

func (m Want) append(w *wire.Writer) {
	w.Uint16(uint16(m.Messages))
	w.Uint16(0)
	w.Uint64(m.After)
}

func readWant(r *wire.Reader) Message {
	m := Want{Messages: Messages(r.Uint16())}
	r.Uint16()
	m.After = r.Uint64()
	return m
}
