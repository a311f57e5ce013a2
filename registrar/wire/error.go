package wire

// Class says how far reading a message came and so what its receiver does.
type Class uint8

// The classes. The zero value is a message that can be used.
const (
	// OK: parsed, use it.
	OK Class = iota
	// Invalid: the framing holds but the content must be refused.
	Invalid
	// Discard: a rule about unknown messages or parameters drops the message.
	Discard
	// Malformed: the framing is broken; nothing in the message can be trusted.
	Malformed
)

// String gives the class as the word that `registrar inspect` prints.
func (c Class) String() string {
	return [...]string{"ok", "invalid", "discard", "error"}[c]
}

// Error is why a message cannot be used.
type Error struct {
	Class Class
	// Where names the message and parameter, What says what was expected and
	// what came.
	Where, What string
	// Cause is what the sender of an Invalid message should be told; zero
	// Info where no single parameter is to blame.
	Cause Cause
}

func (e *Error) Error() string {
	if e.Where == "" {
		return e.What
	}
	return e.Where + ": " + e.What
}

// ClassOf gives the class of what Parse functions return: OK for nil,
// Malformed for an error of another type.
func ClassOf(err error) Class {
	if err == nil {
		return OK
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // parsers return it unwrapped
		return e.Class
	}
	return Malformed
}
