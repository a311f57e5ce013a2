package wire

import (
	"math"
	"strconv"
	"strings"
)

// ServerID is an ENRP server identifier (RFC 5353 section 2.1). 0 means
// "undetermined" or, as a receiver, "everybody".
type ServerID uint32

// String gives the ID as 0x and eight hex digits.
func (id ServerID) String() string { return hex32(uint32(id)) }

// PEIdentifier identifies a pool element within its pool (RFC 5354 section
// 3.14). No element chooses 0.
type PEIdentifier uint32

// String gives the ID as 0x and eight hex digits.
func (id PEIdentifier) String() string { return hex32(uint32(id)) }

// PoolHandle names a pool: any bytes, compared byte by byte (RFC 5354 section
// 3.9). It is a string so that it can be a map key and cannot change.
type PoolHandle string

// RegistrationLife is the time in seconds for which a registration holds
// without being repeated (RFC 5354 section 3.10).
type RegistrationLife int32

// InfiniteLife is the registration life of an element that never expires.
const InfiniteLife RegistrationLife = -1

// allowed reports whether a registration may ask for the life.
func (l RegistrationLife) allowed() bool { return l > 0 || l == InfiniteLife }

// Checksum is the 16-bit PE checksum of RFC 5353 section 3.6.2.
type Checksum uint16

// String gives the checksum as 0x and four hex digits.
func (c Checksum) String() string { return hex16(uint16(c)) }

// ParseID reads a 32-bit ID as 0x and up to eight hex digits, or decimal.
func ParseID(s string) (uint32, error) {
	digits, base := s, 10
	if hexDigits, ok := strings.CutPrefix(s, "0x"); ok {
		digits, base = hexDigits, 16
	}
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 0, &IDError{Text: s}
	}
	return uint32(v), nil
}

// IDError says that a text is no 32-bit ID.
type IDError struct{ Text string }

func (e *IDError) Error() string {
	return "want a 32-bit ID such as 0x1a2b3c4d or a number up to " +
		strconv.FormatUint(math.MaxUint32, 10) + ", have " + strconv.Quote(e.Text)
}

func hex32(v uint32) string {
	return "0x" + Hex([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

func hex16(v uint16) string {
	return "0x" + Hex([]byte{byte(v >> 8), byte(v)})
}

const hexDigits = "0123456789abcdef"

// Hex gives bytes as hex digits. The standard library's encoding/hex would bring
// fmt into the page's program, a fifth of its size.
func Hex(b []byte) string {
	s := make([]byte, 0, 2*len(b))
	for _, c := range b {
		s = append(s, hexDigits[c>>4], hexDigits[c&15])
	}
	return string(s)
}

// ParseHex is the inverse of Hex; ok is false for anything else than an even
// number of hex digits of either case.
func ParseHex(s string) (b []byte, ok bool) {
	if len(s)%2 != 0 {
		return nil, false
	}
	b = make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		v, err := strconv.ParseUint(s[i:i+2], 16, 8)
		if err != nil || s[i] == '+' {
			return nil, false
		}
		b = append(b, byte(v))
	}
	return b, true
}
