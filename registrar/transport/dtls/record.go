package dtls

import (
	"encoding/binary"

	"github.com/pion/dtls/v3/pkg/protocol/alert"
)

// A DTLS record, RFC 6347 section 4.1, as far as it can be read without keys.
//
//	type | version | epoch | sequence number | length | fragment
//	  1  |    2    |   2   |        6        |    2   | length bytes
const recordHeader = 13

type contentType byte

const (
	contentChangeCipherSpec contentType = 20
	contentAlert            contentType = 21
	contentHandshake        contentType = 22
	contentApplicationData  contentType = 23
)

type handshakeType byte

const (
	handshakeClientHello handshakeType = 1
	handshakeServerHello handshakeType = 2
)

// record is one record with its header.
type record []byte

func (r record) kind() contentType { return contentType(r[0]) }
func (r record) epoch() uint16     { return binary.BigEndian.Uint16(r[3:]) }
func (r record) fragment() []byte  { return r[recordHeader:] }

// isHandshake reports whether r is the handshake message t in clear.
func (r record) isHandshake(t handshakeType) bool {
	return r.kind() == contentHandshake && r.epoch() == 0 && len(r.fragment()) > 0 && handshakeType(r.fragment()[0]) == t
}

// nextRecord splits the first record off a datagram; nil when there is no whole
// one, or none of DTLS 1.0 or 1.2, which record versions are 1's complements of.
func nextRecord(b []byte) (r record, rest []byte) {
	if len(b) < recordHeader || b[1] != 0xfe || b[2] != 0xff && b[2] != 0xfd {
		return nil, nil
	}
	if k := contentType(b[0]); k < contentChangeCipherSpec || k > contentApplicationData {
		return nil, nil
	}
	n := recordHeader + int(binary.BigEndian.Uint16(b[11:]))
	if n > len(b) {
		return nil, nil
	}
	return record(b[:n]), b[n:]
}

// A handshake message, RFC 6347 section 4.2.2, begins with
//
//	type | length | message sequence | fragment offset | fragment length
//	  1  |    3   |         2        |        3        |        3
//
// and a ClientHello goes on with version (2) and random (32).
const (
	handshakeHeader = 12
	randomSize      = 32
	// tokenOffset skips the time of day that a random may begin with.
	tokenOffset = 4
	tokenSize   = 8
)

// token is the part of a ClientHello's random that is the same in all attempts
// of one dial. Both ends see both tokens when two dial each other.
type token [tokenSize]byte

// hello is a ClientHello as far as it matters here.
type hello struct {
	// sequence is 0 for the first one of a handshake, 1 with the cookie.
	sequence uint16
	random   [randomSize]byte
}

func (h hello) token() token { return token(h.random[tokenOffset:]) }

// parseHello reads the beginning of a ClientHello.
func parseHello(r record) (h hello, ok bool) {
	if !r.isHandshake(handshakeClientHello) {
		return hello{}, false
	}
	f := r.fragment()
	if len(f) < handshakeHeader+2+randomSize || f[6]|f[7]|f[8] != 0 {
		return hello{}, false // cut short, or not the first fragment
	}
	h.sequence = binary.BigEndian.Uint16(f[4:])
	copy(h.random[:], f[handshakeHeader+2:])
	return h, true
}

// fatalAlert is a fatal alert in clear, which is all that can be said to a
// peer there are no keys with. Its sequence number is far from those the engine
// uses, so that neither takes the other for a repetition.
func fatalAlert(d alert.Description) []byte {
	return []byte{byte(contentAlert), 0xfe, 0xfd, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 2, byte(alert.Fatal), byte(d)}
}
