package registrar_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar"
	"rserpool/registrar/asap"
	"rserpool/registrar/enrp"
)

// Where the parts of the registration begin that malformed is made of: one
// element with one IPv4 address in the pool echo.
const (
	atHandle    = 4
	atElement   = 12
	atID        = 16
	atLife      = 24
	atTransport = 28
	atUse       = 34
	atAddress   = 36
	atPolicy    = 44
	atEnd       = 52
)

// set16 puts v at an offset of b.
func set16(at int, v uint16) func([]byte) []byte {
	return func(b []byte) []byte {
		binary.BigEndian.PutUint16(b[at:], v)
		return b
	}
}

func set32(at int, v uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		binary.BigEndian.PutUint32(b[at:], v)
		return b
	}
}

// without takes the bytes from one offset to another out, and mends the lengths
// of the message, and of the element where they were inside it.
func without(from, to int) func([]byte) []byte {
	return func(b []byte) []byte {
		b = append(b[:from:from], b[to:]...)
		if from > atElement {
			binary.BigEndian.PutUint16(b[atElement+2:], uint16(len(b)-atElement))
		}
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		return b
	}
}

// with puts bytes in at an offset, and mends the lengths likewise.
func with(at int, more string) func([]byte) []byte {
	return func(b []byte) []byte {
		b = append(append(b[:at:at], more...), b[at:]...)
		if at > atElement {
			binary.BigEndian.PutUint16(b[atElement+2:], uint16(len(b)-atElement))
		}
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		return b
	}
}

// instead forgets the registration and takes other bytes.
func instead(other string) func([]byte) []byte {
	return func([]byte) []byte { return []byte(other) }
}

// malformed are the ways to send an element's own registrar what is not ASAP.
// Each makes something of a valid registration of element 2, and names the type of
// the answer, 0 for none.
var malformed = []struct {
	name   string
	make   func([]byte) []byte
	answer asap.MessageType
}{
	// The message as a whole.
	{"no bytes", instead(""), 0},
	{"one byte", instead("\x01"), 0},
	{"three bytes of a header", instead("\x02\x00\x00"), 0},
	{"noise", instead("\xde\xad\xbe\xef\xca\xfe\xba\xbe"), 0},
	{"64 KiB of zeros", instead(string(make([]byte, 65536))), 0},
	{"64 KiB of ones", instead(string(bytes.Repeat([]byte{0xff}, 65536))), 0},
	{"message length 0", set16(2, 0), 0},
	{"message length 3", set16(2, 3), 0},
	{"message length beyond the end", set16(2, atEnd+8), 0},
	{"message length 65535", set16(2, 0xffff), 0},
	{"message length ends in the handle", set16(2, atHandle+6), 0},
	{"message length ends behind the handle", set16(2, atElement), asap.TypeRegistrationResponse},
	{"type for nobody, to be dropped", func(b []byte) []byte { b[0] = 0x0f; return b }, 0},
	{"type for nobody, to be reported", func(b []byte) []byte { b[0] = 0x4f; return b }, asap.TypeError},
	{"a presence of ENRP", func([]byte) []byte {
		b, _ := enrp.Append(nil, presence(0x60))
		return b
	}, 0},
	// Parameters.
	{"no parameter", without(atHandle, atEnd), asap.TypeRegistrationResponse},
	{"no pool handle", without(atHandle, atElement), asap.TypeRegistrationResponse},
	{"handle of no bytes", with(atHandle, "\x00\x09\x00\x04"), asap.TypeRegistrationResponse},
	{"handle parameter of length 3", set16(atHandle+2, 3), 0},
	{"handle parameter beyond the end", set16(atHandle+2, 4000), 0},
	{"element before the handle", func(b []byte) []byte {
		return append(append(append([]byte{}, b[:4]...), b[atElement:]...), b[atHandle:atElement]...)
	}, asap.TypeRegistrationResponse},
	{"unknown parameter that stops", with(atHandle, "\x01\x23\x00\x08test"), 0},
	{"unknown parameter that stops and is reported", with(atHandle, "\x41\x23\x00\x08test"), asap.TypeError},
	// The pool element.
	{"element shorter than its fields", func(b []byte) []byte { return set16(2, atLife)(set16(atElement+2, atLife-atElement)(b)) }, asap.TypeRegistrationResponse},
	{"element beyond the end", set16(atElement+2, atEnd), 0},
	{"element identifier 0", set32(atID, 0), asap.TypeRegistrationResponse},
	{"life 0", set32(atLife, 0), asap.TypeRegistrationResponse},
	{"life -2", set32(atLife, 0xfffffffe), asap.TypeRegistrationResponse},
	{"no user transport", without(atTransport, atPolicy), asap.TypeRegistrationResponse},
	{"no policy", without(atPolicy, atEnd), asap.TypeRegistrationResponse},
	{"policy of type 0", set32(atPolicy+4, 0), asap.TypeRegistrationResponse},
	{"policy that nobody knows", set32(atPolicy+4, 0x7777), asap.TypeRegistrationResponse},
	{"weighted policy without a weight", set32(atPolicy+4, 2), asap.TypeRegistrationResponse},
	{"policy of 6 bytes", set16(atPolicy+2, 6), asap.TypeRegistrationResponse},
	{"policy beyond its element", set16(atPolicy+2, 12), 0},
	{"second user transport, TCP, where ASAP's belongs", with(atEnd, "\x00\x05\x00\x10\x00\x07\x00\x00\x00\x01\x00\x08\xc0\x00\x02\x0b"), asap.TypeRegistrationResponse},
	// The user transport.
	{"transport of 7 bytes", set16(atTransport+2, 7), asap.TypeRegistrationResponse},
	{"transport beyond its element", set16(atTransport+2, 400), 0},
	{"transport without an address", func(b []byte) []byte { return set16(atTransport+2, 8)(without(atAddress, atPolicy)(b)) }, asap.TypeRegistrationResponse},
	{"transport use 2", set16(atUse, 2), asap.TypeRegistrationResponse},
	{"port 0", set16(atTransport+4, 0), asap.TypeRegistrationResponse},
	{"IPv4 address of 3 bytes", set16(atAddress+2, 7), asap.TypeRegistrationResponse},
	{"IPv6 address of 4 bytes", set16(atAddress, 2), asap.TypeRegistrationResponse},
	{"multicast address", set32(atAddress+4, 0xe0000101), asap.TypeRegistrationResponse},
	{"unspecified address", set32(atAddress+4, 0), asap.TypeRegistrationResponse},
	{"address of another host", set32(atAddress+4, 0xc0000263), asap.TypeRegistrationResponse},
	// Other messages, about element 1, whose own registrar and association this is.
	{"deregistration without an identifier", instead("\x02\x00\x00\x0c\x00\x09\x00\x08echo"), asap.TypeDeregistrationResponse},
	{"deregistration with an identifier of 2 bytes", instead("\x02\x00\x00\x14\x00\x09\x00\x08echo\x00\x0e\x00\x06\x00\x01\x00\x00"), asap.TypeDeregistrationResponse},
	{"deregistration with an identifier beyond the end", instead("\x02\x00\x00\x14\x00\x09\x00\x08echo\x00\x0e\x00\x18\x00\x00\x00\x01"), 0},
	{"deregistration without a handle", instead("\x02\x00\x00\x0c\x00\x0e\x00\x08\x00\x00\x00\x01"), asap.TypeDeregistrationResponse},
	{"deregistration behind a resolution", instead("\x05\x00\x00\x0c\x00\x09\x00\x08echo\x02\x00\x00\x14\x00\x09\x00\x08echo\x00\x0e\x00\x08\x00\x00\x00\x01"), asap.TypeHandleResolutionResponse},
	{"report without an identifier", instead("\x09\x00\x00\x0c\x00\x09\x00\x08echo"), 0},
	{"acknowledgement without a handle", instead("\x08\x00\x00\x0c\x00\x0e\x00\x08\x00\x00\x00\x01"), 0},
	{"resolution without a handle", instead("\x05\x00\x00\x04"), asap.TypeHandleResolutionResponse},
	{"resolution with a count of 2 bytes", instead("\x05\x00\x00\x14\x00\x09\x00\x08echo\x80\x3f\x00\x06\x00\x01\x00\x00"), asap.TypeHandleResolutionResponse},
	{"error with a cause of length 2", instead("\x0e\x00\x00\x0c\x00\x0c\x00\x08\x00\x01\x00\x02"), 0},
	{"error without a cause", instead("\x0e\x00\x00\x04"), 0},
}

// TestMalformed: whatever of the wrong kind comes, the registrar goes on, and the
// handlespace stays as it was: same checksum, no change told, same resolution.
func TestMalformed(t *testing.T) { // SEC-28
	valid, err := asap.Append(nil, asap.Registration{Handle: "echo", Element: pe(2, 11)})
	if err != nil {
		t.Fatal(err)
	}
	if len(valid) != atEnd {
		t.Fatalf("the registration has %d bytes, the offsets are for %d", len(valid), atEnd)
	}
	check := func(t *testing.T, data []byte) []asap.Message {
		t.Helper()
		b := serving(t)
		p, a := b.peer(0x60, 60), b.element(11)
		b.mustRegister(a, "echo", pe(1, 11))
		before := b.checksum(p)
		b.changes = nil
		b.step(registrar.Received{Association: a, Data: data}) // verifies the state
		answers := b.takeASAP(a)
		if len(b.changes) > 0 || len(b.ended) > 0 {
			t.Errorf("changes %+v, ended %v, want none", b.changes, b.ended)
		}
		if diff := cmp.Diff(before, b.checksum(p), deepEqual); diff != "" {
			t.Errorf("presence (-before +after):\n%s", diff)
		}
		if got, want := b.listed("echo"), []string{"1@50"}; !cmp.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
		b.mustRegister(a, "echo", pe(2, 11)) // and it serves
		return answers
	}
	for _, tt := range malformed {
		t.Run(tt.name, func(t *testing.T) {
			answers := check(t, tt.make(bytes.Clone(valid)))
			var answer asap.MessageType
			for _, m := range answers {
				answer = m.Type()
				if r, ok := m.(asap.RegistrationResponse); ok && (!r.Reject || len(r.Causes) == 0) {
					t.Errorf("%+v, want a refusal with a cause", r)
				}
			}
			if len(answers) > 1 || answer != tt.answer {
				t.Errorf("answers %+v, want one %v (0 is none)", answers, tt.answer)
			}
		})
	}
	for n := range len(valid) {
		t.Run("registration cut off", func(t *testing.T) { check(t, bytes.Clone(valid[:n])) })
	}
}
