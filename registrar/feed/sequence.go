package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// Sequence ends every frame: all changes up to Number are in it or before it.
// The zero Sequence ends a frame of a snapshot that goes on in the next frame.
type Sequence struct {
	Number uint64
	// Now is the registrar's clock when the frame was made.
	Now Time
}

// Type is TypeSequence.
func (Sequence) Type() enrp.MessageType { return TypeSequence }

func (m Sequence) append(w *wire.Writer) {
	w.Uint64(m.Number)
	m.Now.append(w)
}

func readSequence(r *wire.Reader) Message {
	return Sequence{Number: r.Uint64(), Now: readTime(r)}
}

// Applied is the receiver's answer to Sequence.
type Applied struct{ Number uint64 }

// Type is TypeApplied.
func (Applied) Type() enrp.MessageType { return TypeApplied }

func (m Applied) append(w *wire.Writer) { w.Uint64(m.Number) }

// AppendTo appends the encoded message. What only sends Applied and Want, as the page
// does, needs no encoder of other messages.
func (m Applied) AppendTo(b []byte) []byte {
	w := wire.NewWriter(b, uint8(TypeApplied), 0)
	m.append(w)
	b, _ = w.Finish() // 12 bytes are not too long
	return b
}

func readApplied(r *wire.Reader) Message { return Applied{Number: r.Uint64()} }

// Goodbye is the last message of a feed that the registrar ends; close codes do
// not reach a page reliably.
type Goodbye struct{ Reason string }

// Type is TypeGoodbye.
func (Goodbye) Type() enrp.MessageType { return TypeGoodbye }

func (m Goodbye) append(w *wire.Writer) { w.Text(m.Reason) }

func readGoodbye(r *wire.Reader) Message { return Goodbye{Reason: r.Text()} }
