package wire

import (
	"encoding/binary"
	"strconv"
)

// CauseCode is the code of an error cause (RFC 5354 section 3.12).
type CauseCode uint16

// The error causes of RFC 5354 section 3.12.
const (
	CauseUnspecified             CauseCode = 0x0000
	CauseUnrecognizedParameter   CauseCode = 0x0001
	CauseUnrecognizedMessage     CauseCode = 0x0002
	CauseInvalidValues           CauseCode = 0x0003
	CauseNonUniquePEIdentifier   CauseCode = 0x0004
	CauseInconsistentPolicy      CauseCode = 0x0005
	CauseLackOfResources         CauseCode = 0x0006
	CauseInconsistentTransport   CauseCode = 0x0007
	CauseInconsistentDataControl CauseCode = 0x0008
	CauseUnknownPoolHandle       CauseCode = 0x0009
	CauseRejectedSecurity        CauseCode = 0x000a
)

// String gives the code as 0x, four hex digits and the RFC's words, if it has any.
func (c CauseCode) String() string {
	if words := c.Words(); words != "" {
		return hex16(uint16(c)) + " " + words
	}
	return hex16(uint16(c))
}

// Words gives the RFC's words for the code, "" for other codes.
func (c CauseCode) Words() string {
	words := [...]string{
		"unspecified error", "unrecognized parameter", "unrecognized message", "invalid values",
		"non-unique PE identifier", "inconsistent pooling policy", "lack of resources",
		"inconsistent transport type", "inconsistent data/control configuration",
		"unknown pool handle", "rejected due to security",
	}
	if int(c) < len(words) {
		return words[c]
	}
	return ""
}

// Cause is an error cause. Info is opaque here; what each code carries stands in
// RFC 5354 sections 3.12.1 to 3.12.11. Read causes alias their message.
type Cause struct {
	Code CauseCode
	Info []byte
}

// OperationError appends an Operation Error parameter (RFC 5354 section 3.12)
// and pads each cause but the last. No causes append nothing.
func (w *Writer) OperationError(causes []Cause) {
	if len(causes) == 0 {
		return
	}
	m := w.Open(TypeOperationError)
	for _, c := range causes {
		cm := w.Open(ParameterType(c.Code)) // a cause has the layout of a parameter
		w.Bytes(c.Info)
		w.Close(cm)
	}
	w.Close(m)
}

// OperationError reads an Operation Error parameter. Codes that RFC 5354 does
// not define are kept; receivers treat them as Unspecified.
func (r *Reader) OperationError() []Cause {
	p, ok := r.Take(TypeOperationError)
	if !ok {
		return nil
	}
	outer := r.enter(p)
	var causes []Cause
	for len(r.rest) > 0 {
		c, ok := r.cut()
		if !ok {
			causes = nil
			break
		}
		causes = append(causes, Cause{Code: CauseCode(c.Type), Info: c.Value()})
	}
	r.back(outer)
	if causes == nil {
		r.Invalid("operation error without a cause", p.TLV)
	}
	return causes
}

// FitCauses shortens a list of causes so that an Operation Error with them fits
// into room bytes: a copied message too long for that is cut (RFC 5354 section
// 3.12.3 asks for a copy that the length field cannot hold), and what comes
// after it is left out.
func FitCauses(causes []Cause, room int) []Cause {
	room -= headerLen
	for i, c := range causes {
		n := headerLen + len(c.Info)
		if Padded(n) > room {
			if i > 0 || room < headerLen {
				return causes[:i]
			}
			c.Info = c.Info[:(room-headerLen)&^3]
			return []Cause{c}
		}
		room -= Padded(n)
	}
	return causes
}

// ErrorTLV encodes an Operation Error parameter by itself, without padding.
func ErrorTLV(causes []Cause) []byte {
	var w Writer
	w.OperationError(causes)
	return w.buf
}

// info reads the one parameter that a cause carries.
func (c Cause) info(t ParameterType) (*Reader, error) {
	if len(c.Info) < headerLen || ParameterType(binary.BigEndian.Uint16(c.Info)) != t {
		return nil, &Error{
			Class: Invalid, Where: "cause " + c.Code.String(),
			What: "no parameter " + t.String() + " in " + strconv.Itoa(len(c.Info)) + " bytes",
		}
	}
	return NewReader("cause "+c.Code.String(), c.Info), nil
}

// Policy gives the pool's policy that cause Inconsistent Pooling Policy carries.
func (c Cause) Policy() (Policy, error) {
	r, err := c.info(TypePolicy)
	if err != nil {
		return Policy{}, err
	}
	return r.Policy(), r.Err()
}
