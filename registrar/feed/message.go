package feed

import (
	"rserpool/registrar/enrp"
	"rserpool/registrar/wire"
)

// The private message types.
const (
	TypeHello          enrp.MessageType = 0xf0
	TypeSequence       enrp.MessageType = 0xf1
	TypeRegistrarState enrp.MessageType = 0xf2
	TypePeerState      enrp.MessageType = 0xf3
	TypeElementState   enrp.MessageType = 0xf4
	TypeEvent          enrp.MessageType = 0xf5
	TypeGoodbye        enrp.MessageType = 0xf6
	TypeApplied        enrp.MessageType = 0xf7
	TypeHold           enrp.MessageType = 0xf8
	TypeCaptured       enrp.MessageType = 0xfb
	TypeWant           enrp.MessageType = 0xfc
	TypeTakeoverStep   enrp.MessageType = 0xfd
	TypeCounters       enrp.MessageType = 0xf9
	TypeProtected      enrp.MessageType = 0xfe
)

// Message is an enrp.Message or one of the private messages of this package.
type Message interface {
	Type() enrp.MessageType
}

// private is what this package's own messages have beside their type.
type private interface {
	Message
	append(w *wire.Writer)
}

// Append appends the encoded message, padded to 4 bytes. It returns b and
// wire.ErrTooLong where Message Length cannot hold the message.
func Append(b []byte, m Message) ([]byte, error) {
	switch m := m.(type) {
	case enrp.Message:
		return enrp.Append(b, m)
	case private:
		w := wire.NewWriter(b, uint8(m.Type()), 0)
		m.append(w)
		return w.Finish()
	default:
		return b, &wire.Error{Class: wire.Invalid, Where: "feed", What: "no message of the feed"}
	}
}

// Parse reads the messages of one frame in order and stops at the first that
// cannot be used. Messages of types that are not known here are passed over:
// a newer registrar may send them.
func Parse(frame []byte) ([]Message, error) {
	var list []Message
	for len(frame) > 0 {
		h, msg, err := wire.ParseHeader(frame)
		if err != nil {
			return list, err
		}
		frame = frame[min(wire.Padded(len(msg)), len(frame)):]
		m, err := parse(enrp.MessageType(h.Type), msg)
		if err != nil {
			return list, err
		}
		if m != nil {
			list = append(list, m)
		}
	}
	return list, nil
}

func parse(t enrp.MessageType, msg []byte) (Message, error) {
	if t < TypeHello {
		d, err := enrp.Parse(msg)
		if err != nil && wire.ClassOf(err) != wire.Discard {
			return nil, err
		}
		if d.Message == nil {
			return nil, nil
		}
		return d.Message, nil
	}
	read := reader(t)
	if read == nil {
		return nil, nil
	}
	r := wire.NewReader("feed message "+name(t), msg[4:])
	m := read(r)
	r.End()
	return m, r.Err()
}

func reader(t enrp.MessageType) func(*wire.Reader) Message {
	switch t {
	case TypeHello:
		return readHello
	case TypeSequence:
		return readSequence
	case TypeRegistrarState:
		return readRegistrarState
	case TypePeerState:
		return readPeerState
	case TypeElementState:
		return readElementState
	case TypeEvent:
		return readEvent
	case TypeGoodbye:
		return readGoodbye
	case TypeApplied:
		return readApplied
	case TypeTakeoverStep:
		return readTakeoverStep
	case TypeCaptured:
		return readCaptured
	case TypeWant:
		return readWant
	case TypeCounters:
		return readCounters
	case TypeHold:
		return readHold
	case TypeProtected:
		return readProtected
	default:
		return nil
	}
}

func name(t enrp.MessageType) string {
	return [...]string{
		"hello", "sequence", "registrar state", "peer state", "element state",
		"event", "goodbye", "applied", "hold", TypeProtected - TypeHello: "protected",
		TypeCaptured - TypeHello: "captured", TypeWant - TypeHello: "want", TypeTakeoverStep - TypeHello: "takeover step",
		TypeCounters - TypeHello: "counters",
	}[t-TypeHello]
}
